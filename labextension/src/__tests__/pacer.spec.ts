import { Pacer } from '../pacer';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('rings once after a pause', () => {
  const ring = vi.fn();
  const pacer = new Pacer(() => ({ debounce: 500, maxWait: 2000 }), ring);
  pacer.call();
  vi.advanceTimersByTime(400);
  pacer.call();
  vi.advanceTimersByTime(499);
  expect(ring).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ring).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10_000);
  expect(ring).toHaveBeenCalledTimes(1);
});

test('rings at the latest a while after the first call', () => {
  const ring = vi.fn();
  const pacer = new Pacer(() => ({ debounce: 500, maxWait: 1000 }), ring);
  for (let i = 0; i < 10; i++) {
    pacer.call();
    vi.advanceTimersByTime(200);
  }
  expect(ring).toHaveBeenCalledTimes(2);
});

test('a setting that changes counts from the next keystroke on', () => {
  const ring = vi.fn();
  let debounce = 5000;
  const pacer = new Pacer(() => ({ debounce, maxWait: 30_000 }), ring);
  pacer.call();
  debounce = 100;
  pacer.call();
  vi.advanceTimersByTime(100);
  expect(ring).toHaveBeenCalledTimes(1);
});
