import fc from 'fast-check';

import { parseJson } from '../json';
import { recordSheet } from '../sheet';
import { inOrder, sortedRows } from '../sheetorder';
import { tsvCells, tsvText } from '../tsv';

const VALUE = parseJson(
  '[{"n": 10, "t": "b"}, {"n": 9, "t": "a10"}, {"n": null, "t": "a9"}, {"n": 1.50, "t": true},' +
    ' {"n": {"$numberDouble": "NaN"}, "t": {"$localDate": "2026-01-02"}}, {"n": "x\\ty", "t": "\\"q\\""}]'
);
const sheet = recordSheet(VALUE)!;

test('numbers before texts, what is missing last, whichever way it goes', () => {
  expect(sortedRows(sheet, { column: 0, descends: false })).toEqual([3, 1, 0, 5, 2, 4]);
  expect(sortedRows(sheet, { column: 0, descends: true })).toEqual([5, 0, 1, 3, 2, 4]);
  const seen = inOrder(sheet, sortedRows(sheet, { column: 1, descends: false }));
  expect([...Array(6).keys()].map(row => seen.label(row))).toEqual(['3', '5', '4', '2', '1', '0']);
});

test('a part of a table, or all of it with its names, is text for a spreadsheet', () => {
  const all = { top: 0, left: 0, bottom: 5, right: 1 };
  expect(tsvText(sheet, { ...all, bottom: 1, right: 0 })).toBe('10\n9');
  expect(tsvText(sheet, all, true, true)).toBe(
    '\tn\tt\n0\t10\tb\n1\t9\ta10\n2\t\ta9\n3\t1.50\ttrue\n4\tNaN\t2026-01-02\n5\t"x\ty"\t"""q"""'
  );
});

test('what is copied is pasted as it was', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '\t', '\n', '\r', ',') });
  fc.assert(
    fc.property(
      fc
        .array(fc.tuple(text, text), { minLength: 1, maxLength: 4 })
        .filter(rows => rows.at(-1)![1] !== ''),
      rows => {
        const table = recordSheet(rows.map(([a, b]) => ({ a, b })))!;
        const copied = tsvText(table, { top: 0, left: 0, bottom: rows.length - 1, right: 1 });
        expect(tsvCells(copied)).toEqual(rows);
      }
    )
  );
});
