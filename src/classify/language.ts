// Which language a question is written in: by script where that settles it, else by its commonest words.

/** Words that are looked at; a language shows within a sentence or two. */
const WORDS_READ = 120;
/** Common words needed before a language is named; one hit in a very short question is enough. */
const LEAST_HITS = 2;
const SHORT_QUESTION = 8;

const COMMON: Readonly<Record<string, string>> = {
  en: `the is are was and of to in that this what where when how why who my your you i it for with can please do does write
    me a an from on be have has not but or if as at by about which there all some into explain give`,
  de: `der die das und ist nicht ein eine einen ich sie wir ihr mein meine wo wie warum wann bitte mit für auf von zu den dem
    im es wird sind auch über kann kannst mir was welche zum zur schreibe erkläre`,
  fr: `le la les un une des et est pas je vous nous mon ma mes où quand comment pourquoi avec pour dans sur que qui ce cette
    du au il elle sont peux moi quelle quel écris explique`,
  es: `el la los las un una y es no yo mi mis dónde cuándo cómo qué por para con en de que se su está son puedes del al lo
    cuál escribe explica hay`,
  pt: `o os um uma e é não eu meu minha onde quando como por para com em de que se você está são do da dos das no na ao
    qual escreva explique`,
  it: `il lo gli un una e è non io mio mia dove quando come perché con per di che si sono del della nel alla questo questa
    quale puoi scrivi spiega`,
  nl: `de het een en is niet ik mijn waar wanneer hoe waarom met voor van op dat dit zijn wordt kan je jij wij naar ook
    wat schrijf`,
  sv: `och är inte jag det en ett som på av för med den var när hur varför kan du min mitt till från vi`,
  pl: `i w nie jest to na się z do jak gdzie kiedy dlaczego mój moja czy co jestem dla od proszę`,
  tr: `ve bir bu için ne nerede nasıl neden ben benim mi mı mu değil ile var çok lütfen`,
  id: `dan yang di ini itu untuk dengan tidak saya apa bagaimana dari ke adalah bisa tolong`,
  vi: `là của và tôi không có này cho một các được trong như thế nào gì ở`,
};

/** Languages of a word. */
const BY_WORD = new Map<string, string[]>();
for (const [language, words] of Object.entries(COMMON))
  for (const word of words.split(/\s+/)) BY_WORD.set(word, [...(BY_WORD.get(word) ?? []), language]);

/** Scripts that (nearly) name a language; the first that covers a fifth of the letters wins. */
const SCRIPTS: readonly (readonly [RegExp, string])[] = [
  [/[\u3040-\u30ff]/g, 'ja'],
  [/[\uac00-\ud7af\u1100-\u11ff]/g, 'ko'],
  [/[\u3400-\u9fff]/g, 'zh'],
  [/[\u0400-\u052f]/g, 'ru'],
  [/[\u0600-\u06ff]/g, 'ar'],
  [/[\u0590-\u05ff]/g, 'he'],
  [/[\u0900-\u097f]/g, 'hi'],
  [/[\u0980-\u09ff]/g, 'bn'],
  [/[\u0b80-\u0bff]/g, 'ta'],
  [/[\u0e00-\u0e7f]/g, 'th'],
  [/[\u0370-\u03ff]/g, 'el'],
];
/** Letters that tell sister languages of one script apart. */
const SISTERS: Readonly<Record<string, readonly [RegExp, string]>> = {
  ru: [/[іїєґ]/i, 'uk'],
  ar: [/[پچژگ]/, 'fa'],
};
const SCRIPT_SHARE = 0.2;
const CHARS_READ = 1_000;

const byScript = (text: string): string | undefined => {
  if (!/[\u0370-\u1cff\u3040-\ud7af]/.test(text)) return undefined;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  for (const [script, language] of SCRIPTS) {
    if ((text.match(script)?.length ?? 0) < Math.max(1, letters * SCRIPT_SHARE)) continue;
    const sister = SISTERS[language];
    return sister?.[0].test(text) ? sister[1] : language;
  }
  return undefined;
};

/**
 * @param words of the question, lower case, in order
 * @returns ISO 639-1, or "und" where neither script nor common words decide
 */
export const languageOf = (text: string, words: readonly string[]): string => {
  const script = byScript(text.slice(0, CHARS_READ));
  if (script) return script;
  const read = words.slice(0, WORDS_READ);
  const hits = new Map<string, number>();
  for (const word of read)
    for (const language of BY_WORD.get(word) ?? []) hits.set(language, (hits.get(language) ?? 0) + 1);
  const [best, second] = [...hits].sort((a, b) => b[1] - a[1]);
  if (!best || best[1] === second?.[1]) return 'und';
  return best[1] >= LEAST_HITS || read.length <= SHORT_QUESTION ? best[0] : 'und';
};
