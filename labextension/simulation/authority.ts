/**
 * The real server, one request at a time: tests/torture/authority.py in a process of its own, asked without an await,
 * so that nothing of what JavaScript does between two lines depends on how long an answer took.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A frame, or the code of a close, for one wire. */
export type Said = [wire: number, what: string | number];

interface Line {
  answer?: unknown;
  error?: string;
  out: Said[];
}

const ROOT = resolve(import.meta.dirname, '../..');

export class Authority {
  constructor(private readonly onSaid: (said: Said) => void) {
    this._folder = mkdtempSync(join(tmpdir(), 'simulation-'));
    const [asked, told] = [join(this._folder, 'asked'), join(this._folder, 'told')];
    execFileSync('mkfifo', [asked, told]);
    const python = process.env.PYTHON ?? join(ROOT, '.venv/bin/python');
    const command = `exec "$0" -m tests.torture.authority "$1" <"$1/asked" >"$1/told"`;
    spawn('sh', ['-c', command, python, this._folder], { cwd: ROOT, stdio: 'inherit' });
    // Each open waits for the shell's.
    this._asked = openSync(asked, 'w');
    this._told = openSync(told, 'r');
  }

  ask(word: string, what: Record<string, unknown> = {}): unknown {
    writeSync(this._asked, `${JSON.stringify({ do: word, ...what })}\n`);
    const { answer, error, out } = JSON.parse(this._line()) as Line;
    if (error !== undefined) {
      throw new Error(`${word}: ${error}`);
    }
    out.forEach(this.onSaid);
    return answer;
  }

  close(): void {
    closeSync(this._asked);
    closeSync(this._told);
    rmSync(this._folder, { recursive: true, force: true });
  }

  private _line(): string {
    const room = Buffer.alloc(1 << 16);
    let end: number;
    while ((end = this._read.indexOf(10)) < 0) {
      const count = readSync(this._told, room);
      if (count === 0) {
        throw new Error('The server of the simulation has ended; see above for why.');
      }
      this._read = Buffer.concat([this._read, room.subarray(0, count)]);
    }
    const line = this._read.toString('utf8', 0, end);
    this._read = this._read.subarray(end + 1);
    return line;
  }

  private _read: Buffer = Buffer.alloc(0);
  private readonly _folder: string;
  private readonly _asked: number;
  private readonly _told: number;
}
