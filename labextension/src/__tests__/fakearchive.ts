import type { Archive } from '../archive';
import type { Row } from '../model';
import { RequestError } from '../rest';
import type { Altered, PastChange } from '../timeline';
import type { FakeServer } from './fakeserver';

/** The past of the fake server's session, as REST would tell it. */
export class FakeArchive implements Archive {
  readonly asked: string[] = [];
  isUp = true;
  refuses: RequestError | null = null;

  constructor(private readonly server: FakeServer) {}

  changes({
    before,
    limit,
    name
  }: Parameters<Archive['changes']>[0]): ReturnType<Archive['changes']> {
    this._answer(`changes ${before ?? 'newest'} ${limit} ${name ?? ''}`);
    const all = [...this.server.changes]
      .reverse()
      .filter(each => before === undefined || each.revision < before)
      .filter(each => name == null || each.ops.some(op => 'name' in op && op.name === name));
    const changes = all.slice(0, limit) as PastChange[];
    const next = all.length > limit ? (changes[changes.length - 1]?.revision ?? null) : null;
    return Promise.resolve({ changes, next });
  }

  diff(from: number, to: number): Promise<Altered[]> {
    this._answer(`diff ${from} ${to}`);
    const [before, after] = [this.rowsAt(from), this.rowsAt(to)];
    const names = new Set([...before.keys(), ...after.keys()]);
    return Promise.resolve(
      [...names]
        .map(name => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null }))
        .filter(each => each.before?.value !== each.after?.value)
    );
  }

  rowsAt(revision: number): Map<string, Row> {
    const rows = new Map<string, Row>();
    for (const { revision: at, ops, at: updatedAt, origin } of this.server.changes) {
      for (const op of at > revision ? [] : ops) {
        if (op.op === 'set') {
          rows.set(op.name, { name: op.name, value: op.value, revision: at, updatedAt, origin });
        } else if (op.op === 'delete') {
          rows.delete(op.name);
        }
      }
    }
    return rows;
  }

  undo({ client, revision, force }: Parameters<Archive['undo']>[0]): Promise<number> {
    this._answer(`undo ${client} ${revision ?? 'newest'} ${force ?? false}`);
    if (this.refuses !== null && force !== true) {
      return Promise.reject(this.refuses);
    }
    const [last] = [...this.server.changes].reverse();
    const before = this.rowsAt(last!.revision - 1);
    last!.ops.forEach(
      op => op.op === 'set' && this.server.set(op.name, before.get(op.name)?.value ?? null)
    );
    return Promise.resolve(this.server.revision);
  }

  redo = (): Promise<number> => Promise.resolve(this.server.revision);
  restore = (): Promise<number> => Promise.resolve(this.server.revision);
  snapshots = (): Promise<[]> => Promise.resolve([]);
  takeSnapshot: Archive['takeSnapshot'] = (name, revision = 0) =>
    Promise.resolve({ name, revision, at: 0 });
  forgetSnapshot = (): Promise<void> => Promise.resolve();
  purge = (): Promise<number> => Promise.resolve(1);

  private _answer(what: string): void {
    if (!this.isUp) {
      throw new RequestError(0, 'unreachable', '');
    }
    this.asked.push(what);
  }
}
