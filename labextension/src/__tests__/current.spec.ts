import type { INotebookTracker } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import type { SessionClient } from '../client';
import { CurrentSession, type Current } from '../current';
import type { Json } from '../json';
import type { Choice, Question } from '../model';
import { RequestError } from '../rest';
import type { Sessions } from '../sessions';
import { settle } from './fakeserver';
import { FakeNotebook } from './showsession';

class FakePanel {
  readonly context: { path: string; ready: Promise<void>; pathChanged: Signal<object, string> };
  readonly disposed: Signal<this, void> = new Signal(this);
  readonly content = {};

  constructor(path: string) {
    this.context = { path, ready: Promise.resolve(), pathChanged: new Signal<object, string>({}) };
  }

  rename(path: string): void {
    this.context.path = path;
    this.context.pathChanged.emit(path);
  }
}

class FakeTracker {
  currentWidget: FakePanel | null = null;
  readonly currentChanged: Signal<this, FakePanel | null> = new Signal(this);

  show(panel: FakePanel | null): void {
    this.currentWidget = panel;
    this.currentChanged.emit(panel);
  }
}

let tracker: FakeTracker;
let opened: string[];
let closed: unknown[];
let answer: (path: string) => Promise<unknown>;
let chosen: (Choice | undefined)[];
let given: unknown[][];
let refusal: RequestError | null;
let sessions: Pick<Sessions, 'open' | 'close' | 'left' | 'choose' | 'ownOf'>;

function make(): CurrentSession {
  tracker = new FakeTracker();
  opened = [];
  closed = [];
  chosen = [];
  given = [];
  refusal = null;
  const clients = new Map<string, object>();
  answer = path => {
    const client = clients.get(path) ?? { path };
    clients.set(path, client);
    return Promise.resolve(client);
  };
  sessions = {
    open: (path: string, choice?: Choice) => {
      opened.push(path);
      chosen.push(choice);
      return answer(path) as Promise<SessionClient>;
    },
    close: (client: SessionClient) => {
      closed.push(client);
      return Promise.resolve();
    },
    choose: (...what: unknown[]) => {
      given.push(what);
      return refusal === null ? Promise.resolve() : Promise.reject(refusal);
    },
    ownOf: () => null,
    left: null
  };
  return new CurrentSession(
    tracker as unknown as INotebookTracker,
    sessions as unknown as Sessions,
    () => new FakeNotebook()
  );
}

const clientIn = (current: CurrentSession): unknown => {
  const state = current.getState();
  return state.kind === 'open' ? state.client : state.kind;
};

test('follows the notebook in front, and opens each once', async () => {
  const current = make();
  expect(clientIn(current)).toBe('none');
  const [a, b] = [new FakePanel('a.ipynb'), new FakePanel('b.ipynb')];
  tracker.show(a);
  expect(clientIn(current)).toBe('opening');
  await settle();
  expect(clientIn(current)).toEqual({ path: 'a.ipynb' });
  tracker.show(b);
  await settle();
  expect(clientIn(current)).toEqual({ path: 'b.ipynb' });
  tracker.show(a);
  await settle();
  expect(clientIn(current)).toEqual({ path: 'a.ipynb' });
  expect(opened).toEqual(['a.ipynb', 'b.ipynb']);
  tracker.show(null);
  expect(clientIn(current)).toBe('none');
});

test('a slow answer for a notebook that is no longer in front does not show', async () => {
  const current = make();
  let late: (client: unknown) => void = () => undefined;
  const quick = answer;
  answer = path => (path === 'slow.ipynb' ? new Promise(resolve => (late = resolve)) : quick(path));
  tracker.show(new FakePanel('slow.ipynb'));
  await settle();
  tracker.show(new FakePanel('b.ipynb'));
  await settle();
  late({ path: 'slow.ipynb' });
  await settle();
  expect(clientIn(current)).toEqual({ path: 'b.ipynb' });
});

test('a renamed notebook is asked for under its new name', async () => {
  const current = make();
  const panel = new FakePanel('a.ipynb');
  tracker.show(panel);
  await settle();
  panel.rename('dir/b.ipynb');
  await settle();
  expect(opened).toEqual(['a.ipynb', 'dir/b.ipynb']);
  expect(clientIn(current)).toEqual({ path: 'dir/b.ipynb' });
});

test('a closed notebook’s session is let go', async () => {
  const current = make();
  const panel = new FakePanel('a.ipynb');
  tracker.show(panel);
  await settle();
  expect(current.clientOf(panel.content as never)).toEqual({ path: 'a.ipynb' });
  panel.disposed.emit();
  expect(closed).toEqual([{ path: 'a.ipynb' }]);
  expect(current.clientOf(panel.content as never)).toBeUndefined();
});

test.each([
  [404, 'absent'],
  [403, 'failed']
])('an answer %i is told apart: %s', async (status, kind) => {
  const current = make();
  answer = () => Promise.reject(new RequestError(status, '', 'No.'));
  tracker.show(new FakePanel('a.ipynb'));
  await settle();
  expect(current.getState().kind).toBe(kind);
});

test('a server that could not answer is asked again', async () => {
  vi.useFakeTimers();
  try {
    const current = make();
    const works = answer;
    answer = () => Promise.reject(new RequestError(503, 'unavailable', 'Not yet.'));
    tracker.show(new FakePanel('a.ipynb'));
    await settle();
    expect(current.getState()).toMatchObject({ kind: 'failed', message: 'Not yet.' });
    answer = works;
    await vi.advanceTimersByTimeAsync(1000);
    expect(clientIn(current)).toEqual({ path: 'a.ipynb' });
  } finally {
    vi.useRealTimers();
  }
});

describe('a session that a person chooses', () => {
  test('is shown, and the one before is let go', async () => {
    const current = make();
    tracker.show(new FakePanel('a.ipynb'));
    await settle();
    const before = clientIn(current);
    const other = { another: 'session' };
    answer = () => Promise.resolve(other);
    await current.use('other');
    expect(given).toEqual([['a.ipynb', 'other', before, false]]);
    expect(clientIn(current)).toBe(other);
  });

  test('is no matter of another notebook that shares the one before', async () => {
    const current = make();
    const shared = {};
    answer = () => Promise.resolve(shared);
    tracker.show(new FakePanel('a.ipynb'));
    await settle();
    tracker.show(new FakePanel('b.ipynb'));
    await settle();
    await current.use(null);
    expect(given).toEqual([['b.ipynb', null, shared, true]]);
  });

  test('is for the notebook it was chosen for, also when another one is in front', async () => {
    const current = make();
    const [a, b] = [new FakePanel('a.ipynb'), new FakePanel('b.ipynb')];
    tracker.show(a);
    await settle();
    const before = clientIn(current);
    const chosenFor = current.front;
    tracker.show(b);
    await settle();
    const shown: string[] = [];
    current.subscribe(() => shown.push(current.getState().kind));
    const other = { another: 'session' };
    answer = () => Promise.resolve(other);
    await current.use('other', chosenFor);
    expect(given).toEqual([['a.ipynb', 'other', before, false]]);
    expect(shown).toEqual([]);
    tracker.show(a);
    await settle();
    expect(clientIn(current)).toBe(other);
  });

  test('that cannot be had leaves the one before', async () => {
    const current = make();
    tracker.show(new FakePanel('a.ipynb'));
    await settle();
    refusal = new RequestError(404, 'not-found', 'No.');
    await expect(current.use('gone')).rejects.toThrow('No.');
    expect(clientIn(current)).toEqual({ path: 'a.ipynb' });
  });
});

describe('a guest who was there before the kernel', () => {
  test('comes to the session of who runs the notebook', async () => {
    const current = make();
    tracker.show(new FakePanel('a.ipynb'));
    await settle();
    const own = clientIn(current);
    current.kernelsChanged(() => undefined);
    await settle();
    expect(opened.length).toBe(1);
    const theirs = { of: 'the host' };
    answer = () => Promise.resolve(theirs);
    current.kernelsChanged(path => (path === 'a.ipynb' ? 'k1' : undefined));
    await settle();
    expect(clientIn(current)).toBe(theirs);
    expect(closed).toEqual([own]);
  });

  test('is not asked about again while the kernel stays', async () => {
    const current = make();
    tracker.show(new FakePanel('a.ipynb'));
    await settle();
    for (let i = 0; i < 3; i++) {
      current.kernelsChanged(() => 'k1');
      await settle();
    }
    expect(opened.length).toBe(2);
    expect(closed).toEqual([]);
  });
});

describe('which session a notebook has, asked for because a kernel came', () => {
  const [theirs, mine] = [{ of: 'the kernel' }, { of: 'the person' }];
  const panel = (): FakePanel => new FakePanel('a.ipynb');
  let current: CurrentSession;
  let before: unknown;
  let front: FakePanel;
  /** Lets the answer to the kernel's question come. */
  let answerLate: () => Promise<void>;

  beforeEach(async () => {
    current = make();
    front = panel();
    tracker.show(front);
    await settle();
    before = clientIn(current);
    let late: (client: unknown) => void = () => undefined;
    answer = () => new Promise(resolve => (late = resolve));
    current.kernelsChanged(() => 'k1');
    await settle();
    answer = () => Promise.resolve(mine);
    answerLate = async () => {
      late(theirs);
      await settle();
    };
  });

  const expectMine = (): void => {
    expect(clientIn(current)).toBe(mine);
    expect(current.clientOf(front.content as never)).toBe(mine);
    // Nobody shows it: it would stay connected for as long as the page.
    expect(closed).toContain(theirs);
    expect(closed).not.toContain(mine);
  };

  test('is answered late: what a person has chosen since stays', async () => {
    await current.use('mine');
    await answerLate();
    expectMine();
    tracker.show(null);
    tracker.show(front);
    await settle();
    expectMine();
  });

  test('is answered while what a person chose is being opened', async () => {
    let open: (client: unknown) => void = () => undefined;
    answer = () => new Promise(resolve => (open = resolve));
    const using = current.use('mine');
    await settle();
    await answerLate();
    expect(clientIn(current)).toBe('opening');
    open(mine);
    await using;
    await settle();
    expectMine();
  });

  test('is answered while what a person chose is on its way', async () => {
    let accept: () => void = () => undefined;
    sessions.choose = () => new Promise<void>(resolve => (accept = resolve));
    const using = current.use('mine');
    await answerLate();
    accept();
    await using;
    await settle();
    expectMine();
  });

  test('is asked while what a person chose is on its way', async () => {
    await answerLate();
    expect(clientIn(current)).toBe(theirs);
    closed = [];
    let late: (client: unknown) => void = () => undefined;
    let accept: () => void = () => undefined;
    sessions.choose = () => new Promise<void>(resolve => (accept = resolve));
    const using = current.use('mine');
    const other = { of: 'another kernel' };
    answer = () => new Promise(resolve => (late = resolve));
    current.kernelsChanged(() => 'k2');
    await settle();
    answer = () => Promise.resolve(mine);
    accept();
    await using;
    late(other);
    await settle();
    expect(clientIn(current)).toBe(mine);
    expect(current.clientOf(front.content as never)).toBe(mine);
    expect(closed).toContain(other);
  });

  test('and the one before is let go once, whoever wins', async () => {
    await answerLate();
    expect(clientIn(current)).toBe(theirs);
    expect(closed).toEqual([before]);
  });
});

test('a notebook that a cell gave another session is followed there', async () => {
  const current = make();
  const panel = new FakePanel('a.ipynb');
  tracker.show(panel);
  await settle();
  const before = clientIn(current);
  const other = { another: 'session' };
  answer = () => Promise.resolve(other);
  sessions.left?.(before as SessionClient);
  await settle();
  expect(clientIn(current)).toBe(other);
  expect(closed).toEqual([before]);
});

test('a notebook that still has its session stays with it', async () => {
  const current = make();
  tracker.show(new FakePanel('a.ipynb'));
  await settle();
  const before = current.getState();
  sessions.left?.(clientIn(current) as SessionClient);
  await settle();
  expect(current.getState()).toBe(before);
  expect(closed).toEqual([]);
});

describe('a notebook that its session does not know', () => {
  const question: Question = {
    reason: 'other-cells',
    session: { sessionId: 's', name: 'sweep', paths: [], updatedAt: 1, variableCount: 12 },
    choices: ['use', 'copy', 'empty']
  };
  const asks = (more = {}): Promise<never> => {
    const body = { ...structuredClone(question), ...more } as unknown as Json;
    return Promise.reject(new RequestError(409, 'unknown-notebook', 'Choose.', null, body));
  };
  let current: CurrentSession;
  let works: typeof answer;

  beforeEach(async () => {
    vi.useFakeTimers();
    current = make();
    works = answer;
    answer = () => asks();
    tracker.show(new FakePanel('a.ipynb'));
    await settle();
  });

  afterEach(() => vi.useRealTimers());

  const asked = (): Extract<Current, { kind: 'asked' }> => {
    const state = current.getState();
    if (state.kind !== 'asked') {
      throw new Error(state.kind);
    }
    return state;
  };

  test('is asked about, and what is chosen is opened', async () => {
    expect(asked().question).toEqual(question);
    answer = works;
    await asked().choose('copy');
    expect(chosen).toEqual([undefined, 'copy']);
    expect(clientIn(current)).toEqual({ path: 'a.ipynb' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(chosen).toHaveLength(2);
  });

  test('is opened by itself when somebody else has chosen', async () => {
    const shown: string[] = [];
    current.subscribe(() => shown.push(current.getState().kind));
    await vi.advanceTimersByTimeAsync(3000);
    expect(shown).toEqual([]);
    answer = works;
    await vi.advanceTimersByTimeAsync(3000);
    expect(shown).toEqual(['open']);
  });

  test('shows the question anew where it is another one', async () => {
    answer = () => asks({ session: { ...question.session, variableCount: 13 } });
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked().question.session.variableCount).toBe(13);
  });

  test('a look from before the choice does not bring the question back', async () => {
    let late: (reason: unknown) => void = () => undefined;
    answer = () => new Promise((_, reject) => (late = reject));
    const { choose } = asked();
    await vi.advanceTimersByTimeAsync(3000);
    answer = works;
    await choose('use');
    late(await asks().catch((error: unknown) => error));
    await settle();
    expect(clientIn(current)).toEqual({ path: 'a.ipynb' });
  });
});
