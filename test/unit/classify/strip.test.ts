import { describe, expect, it } from 'vitest';
import { clip, questionOf, stripBoilerplate, TEXT_CAP } from '../../../src/classify/strip.ts';
import type { Message } from '../../../src/core/chat.ts';
import { sampleRequest } from '../../support/sample.ts';

const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });

describe('stripBoilerplate', () => {
  it('takes out blocks that programs wrap around a question', () => {
    const text =
      '<system-reminder>Be good.</system-reminder>Fix the bug<environment_details os="x">ls</environment_details>.';
    expect(stripBoilerplate(text)).toBe('Fix the bug.');
  });

  it('takes out every block of a name', () => {
    expect(stripBoilerplate('<rules>a</rules>one<rules>b</rules> two')).toBe('one two');
  });

  it('leaves a tag that is never closed, and what follows it', () => {
    expect(stripBoilerplate('Say <system-reminder> aloud')).toBe('Say <system-reminder> aloud');
  });

  it('leaves the markup people ask about', () => {
    const html = 'Why does <div>hello</div> not centre? a < b';
    expect(stripBoilerplate(html)).toBe(html);
  });

  it('looks for a missing close once per name, however often it opens', () => {
    const hostile = '<system-reminder>'.repeat(4_000);
    expect(stripBoilerplate(hostile)).toBe(hostile);
  });
});

describe('clip', () => {
  it('keeps the beginning and the end', () => {
    const text = `${'a'.repeat(1_000)}${'z'.repeat(1_000)}`;
    expect(clip(text, 100)).toBe(`${'a'.repeat(75)}\n${'z'.repeat(25)}`);
    expect(clip('short', 100)).toBe('short');
  });
});

describe('questionOf', () => {
  it('is the last user turn', () => {
    const messages = [
      user('Tell me about the history of glass in Venice'),
      user('And now about its trade with the east'),
    ];
    expect(questionOf(sampleRequest({ messages })).text).toBe('And now about its trade with the east');
  });

  it('goes back past turns that hold only boilerplate', () => {
    const messages = [user('Tell me about the history of glass in Venice'), user('<memory>tidy</memory>')];
    expect(questionOf(sampleRequest({ messages })).text).toBe('Tell me about the history of glass in Venice');
  });

  it('is capped, and still knows how long it was', () => {
    const question = questionOf(sampleRequest({ messages: [user('word '.repeat(8_000))] }));
    expect(question.text.length).toBeLessThanOrEqual(TEXT_CAP + 1);
    expect(question.chars).toBeGreaterThan(30_000);
  });
});
