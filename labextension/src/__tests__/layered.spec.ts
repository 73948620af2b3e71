import fc from 'fast-check';

import { differing, LayeredMap } from '../layered';

type Member = { n: number };
const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
const change = fc.tuple(names, fc.option(fc.nat({ max: 3 }), { nil: undefined }));

const shown = (map: ReadonlyMap<string, Member>): [string, number][] =>
  [...map].map(([name, { n }]): [string, number] => [name, n]).sort();

test('it is as a map that is copied and changed, and says where it is another', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 8 }), batches => {
      let plain = new Map<string, Member>();
      let layered = LayeredMap.of(plain);
      for (const batch of batches) {
        const [before, known] = [layered, plain];
        plain = new Map(plain);
        const changes = batch.map(([name, n]) => [name, n === undefined ? n : { n }] as const);
        changes.forEach(([name, member]) =>
          member === undefined ? plain.delete(name) : plain.set(name, member)
        );
        layered = layered.with(changes);
        expect(shown(layered)).toEqual(shown(plain));
        expect(layered.size).toBe(plain.size);
        expect([...layered.keys()].every(name => layered.has(name))).toBe(true);
        const told = layered.differing(before)!;
        for (const name of new Set([...plain.keys(), ...known.keys()])) {
          expect(layered.get(name)).toBe(plain.get(name));
          expect(told.has(name) || plain.get(name) === known.get(name)).toBe(true);
        }
      }
    })
  );
});

test('many changes are written down anew, and then only a look at all tells what is another', () => {
  const first = LayeredMap.of(new Map([['a', { n: 1 }]]));
  let map = first;
  for (let i = 0; i < 1000; i++) {
    map = map.with([[`v${i}`, { n: i }]]);
  }
  expect(map.size).toBe(1001);
  expect([...map.values()]).toHaveLength(1001);
  expect(map.differing(first)).toBeNull();
  expect(map.with([['a', map.get('a')]])).toBe(map);
  expect(differing(map, map)).toEqual(new Set());
  expect(differing(new Map(map), map)).toBeNull();
});
