import { expect, it } from 'vitest';
import { languageOf } from '../../../src/classify/language.ts';
import { wordsOf } from '../../../src/classify/words.ts';

const language = (text: string): string => languageOf(text, wordsOf(text).words);

it.each([
  ['Where is my parcel?', 'en'],
  ['Wo ist mein Paket?', 'de'],
  ['Où est mon colis, et quand arrive-t-il ?', 'fr'],
  ['¿Dónde está mi paquete y cuándo llega?', 'es'],
  ['Onde está a minha encomenda e quando chega?', 'pt'],
  ["Dov'è il mio pacco e quando arriva?", 'it'],
  ['Waar is mijn pakket en wanneer komt het?', 'nl'],
  ['Где моя посылка?', 'ru'],
  ['Де моя посилка і коли її привезуть?', 'uk'],
  ['我的包裹在哪里?', 'zh'],
  ['荷物はどこですか?', 'ja'],
  ['내 소포는 어디에 있나요?', 'ko'],
  ['أين طردي؟', 'ar'],
  ['בית הספר שלי', 'he'],
  ['मेरा पार्सल कहाँ है?', 'hi'],
  ['พัสดุของฉันอยู่ที่ไหน', 'th'],
])('%s is %s', (text, expected) => expect(language(text)).toBe(expected));

it('names no language where nothing gives it away', () => {
  expect(language('')).toBe('und');
  expect(language('12345 + 67')).toBe('und');
  expect(language('xyzzy plugh')).toBe('und');
});

it('is not led astray by a curly quote or an emoji', () => expect(language('It’s where the parcel is 🎉')).toBe('en'));
