/**
 * Rules that are broken on purpose, to see that the simulation finds it.
 */
import { Outbox } from '../src/outbox';
import { Replica } from '../src/replica';

export type Fault =
  /** Outboxes are not written down. */
  | 'forgets'
  /** What was sent and not answered goes again under a new number. */
  | 'renumbers'
  /** What was sent and not answered is taken for acknowledged. */
  | 'assumes'
  /** Of an edit of members the whole value goes out, with what others wrote in it. */
  | 'widens'
  /** Now and then a change of others counts, and is not applied. */
  | 'skips';

interface Insides {
  _open: { seq: number; edits: unknown[] } | null;
  _edits: unknown[];
}

/** Breaks a rule until mocks are restored. */
export function breakRule(fault: Fault | ''): void {
  const { add, resume } = Outbox.prototype;
  const { change } = Replica.prototype;
  switch (fault) {
    case 'renumbers':
      vi.spyOn(Outbox.prototype, 'resume').mockImplementation(function (this: Outbox, ...said) {
        const insides = this as unknown as Insides;
        insides._edits = [...(insides._open?.edits ?? []), ...insides._edits];
        insides._open = null;
        resume.apply(this, said);
      });
      break;
    case 'assumes':
      vi.spyOn(Outbox.prototype, 'resume').mockImplementation(function (
        this: Outbox,
        lastSeq,
        _,
        ...said
      ) {
        const { _open } = this as unknown as Insides;
        resume.call(this, Math.max(lastSeq, _open?.seq ?? 0), null, ...said);
      });
      break;
    case 'widens':
      vi.spyOn(Outbox.prototype, 'add').mockImplementation(function (this: Outbox, op, ...said) {
        const whole = said[3];
        const wide = op.op === 'patch' && whole !== undefined;
        add.call(this, wide ? { op: 'set', name: op.name, value: whole.mine } : op, ...said);
      });
      break;
    case 'skips': {
      let count = 0;
      vi.spyOn(Replica.prototype, 'change').mockImplementation(function (this: Replica, made) {
        change.call(this, ++count % 10 === 0 ? { ...made, ops: [] } : made);
      });
      break;
    }
    default:
      break;
  }
}
