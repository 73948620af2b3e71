import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = 'labextension/style/';
const files = readdirSync(FOLDER).filter(name => name.endsWith('.css') && name !== 'index.css');
const MOVES = ['animation', 'animation-name', 'transition', 'transition-property'];

interface Rule {
  selector: string;
  style: CSSStyleDeclaration;
}

/** The rules of a sheet: those of no medium, or of one. */
function rulesOf(text: string, medium: string | null): Rule[] {
  const node = document.head.appendChild(document.createElement('style'));
  node.textContent = text;
  const plain = (rules: CSSRuleList): Rule[] =>
    [...rules].flatMap(rule =>
      rule instanceof CSSStyleRule ? [{ selector: rule.selectorText, style: rule.style }] : []
    );
  const { cssRules } = node.sheet!;
  const found =
    medium === null
      ? plain(cssRules)
      : [...cssRules].flatMap(rule =>
          rule instanceof CSSMediaRule && rule.media.mediaText.includes(medium)
            ? plain(rule.cssRules)
            : []
        );
  node.remove();
  return found;
}

const isSet = (style: CSSStyleDeclaration, isNone: boolean): boolean =>
  MOVES.some(each => {
    const value = style.getPropertyValue(each);
    return value !== '' && value.startsWith('none') === isNone;
  });

const moving = (text: string): string[] =>
  rulesOf(text, null)
    .filter(({ style }) => isSet(style, false))
    .map(({ selector }) => selector);

/** A rule that stops an element stops it in each of its states, too. */
function isStopped(selector: string, text: string): boolean {
  return rulesOf(text, 'prefers-reduced-motion')
    .filter(({ style }) => isSet(style, true))
    .some(({ selector: by }) => selector === by || selector.replace(/\[[^\]]*\]$/, '') === by);
}

test('what moves is known', () => {
  expect(files.flatMap(name => moving(readFileSync(FOLDER + name, 'utf8'))).length).toBe(3);
});

test.each(files)('%s: nothing moves for whoever asked for less motion', name => {
  const text = readFileSync(FOLDER + name, 'utf8');
  expect(moving(text).filter(selector => !isStopped(selector, text))).toEqual([]);
});

test('every style sheet is part of the whole', () => {
  const [whole, bundled] = ['index.css', 'index.js'].map(name =>
    readFileSync(FOLDER + name, 'utf8')
  );
  expect(files.filter(name => !whole!.includes(`url('${name}')`))).toEqual([]);
  // One by one: what a sheet imports by itself goes past what makes it small.
  expect(files.filter(name => !bundled!.includes(`import './${name}';`))).toEqual([]);
});
