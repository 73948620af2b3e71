import { contentsPathOf, rootOf } from '../places';

test.each([
  ['a.ipynb', ['/home/ada/a.ipynb'], '/home/ada'],
  ['deep/a.ipynb', ['/x/other.ipynb', '/home/ada/deep/a.ipynb'], '/home/ada'],
  ['a.ipynb', ['/a.ipynb'], ''],
  ['a.ipynb', ['/home/ada/data.ipynb'], null],
  [null, ['/home/ada/a.ipynb'], null]
])('a notebook that is %j and at %j tells the root: %j', (path, places, root) => {
  expect(rootOf(path, places)).toBe(root);
});

test.each([
  ['/home/ada/deep/a.ipynb', '/home/ada', 'deep/a.ipynb'],
  ['/home/adam/a.ipynb', '/home/ada', null],
  ['/home/ada/a.ipynb', null, null],
  ['RTC:deep/a.ipynb', null, 'RTC:deep/a.ipynb']
])('%j below %j is opened as %j', (place, root, path) => {
  expect(contentsPathOf(place, root)).toBe(path);
});
