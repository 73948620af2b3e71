import { Dialog, showDialog } from '@jupyterlab/apputils';
import { useMemo } from 'react';

import { useSurroundings } from '../context';
import type { History, Moved } from '../history';
import { RequestError } from '../rest';
import { toldOf } from '../timeline';
import { editWords, noteWords } from './historywords';

export interface HistoryDeeds {
  undo(revision?: number, force?: boolean): void;
  redo(force?: boolean): void;
  restore(revision: number, name?: string): void;
  look(revision: number): void;
  takeSnapshot(name: string, revision?: number): Promise<boolean>;
  forgetSnapshot(name: string, revision: number): void;
  purge(name: string): void;
}

/** What a person does with the past, and the sentence about it afterwards. */
export function useHistoryDeeds(history: History | null | undefined): HistoryDeeds {
  const { trans, notify } = useSurroundings();
  return useMemo((): HistoryDeeds => {
    const sentence = (error: unknown): string => {
      if (!(error instanceof RequestError)) {
        return String(error);
      }
      switch (error.status === 0 ? 'unreachable' : error.code) {
        case 'unreachable':
          return trans.__('The server cannot be reached. Nothing was changed; try again later.');
        case 'forbidden':
        case 'read-only':
          return trans.__('You may read this session, not change it.');
        default:
          return error.message;
      }
    };
    const attempt = async (what: (past: History) => Promise<void>): Promise<boolean> => {
      if (history == null) {
        return false;
      }
      try {
        await what(history);
        return true;
      } catch (error) {
        notify({ text: sentence(error) });
        return false;
      }
    };
    /** A few of what it did, in words. */
    const deed = (moved: Moved): string => {
      const { entry } = moved;
      const renamed = (entry?.notes ?? []).filter(note => note.kind === 'renamed');
      const all = [
        ...renamed.map(note => noteWords(note, trans)),
        ...(entry === null ? [] : toldOf(entry)).map(edit => editWords(edit, trans))
      ];
      const words = all.slice(0, 2);
      const more = all.length - words.length;
      return [...words, ...(more > 0 ? [trans.__('%1 more', more)] : [])].join('; ');
    };
    const told = (what: string, moved: Moved): string => {
      const words = deed(moved);
      return words === '' ? `${what}.` : `${what}: ${words}`;
    };
    const nothing = (error: unknown): boolean =>
      error instanceof RequestError && error.code === 'nothing-to-undo';
    const redo = (force = false): void =>
      void attempt(async past => {
        try {
          const moved = await past.redo(force);
          if (moved !== null) {
            const took = moved.entry?.undoes;
            notify({
              text:
                took == null
                  ? trans.__('Nothing is different: it was so already.')
                  : told(trans.__('Redone'), moved),
              action: { label: trans.__('Undo'), run: () => undo() }
            });
          }
        } catch (error) {
          if (!nothing(error)) {
            throw error;
          }
          notify({ text: trans.__('There is nothing to redo.') });
        }
      });
    const undo = (revision?: number, force = false): void =>
      void attempt(async past => {
        try {
          const moved = await past.undo(revision, force);
          if (moved !== null) {
            const took = moved.entry?.undoes;
            notify({
              text:
                took == null
                  ? trans.__('Nothing is different: it was so already.')
                  : told(trans.__('Took back %1', took), moved),
              action: { label: trans.__('Redo'), run: () => redo() }
            });
          }
        } catch (error) {
          if (!nothing(error) || revision !== undefined) {
            throw error;
          }
          notify({
            text: trans.__(
              'You have changed nothing here that could be taken back. Other changes: see the history.'
            )
          });
        }
      });
    return {
      undo,
      redo,
      restore: (revision, name) =>
        void attempt(async past => {
          const moved = await past.restore(revision);
          const where = name ?? trans.__('revision %1', revision);
          past.close();
          notify(
            moved?.entry == null
              ? { text: trans.__('Nothing is different from %1.', where) }
              : {
                  text: told(trans.__('Back at %1', where), moved),
                  action: { label: trans.__('Undo'), run: () => undo() }
                }
          );
        }),
      look: revision => void attempt(past => past.look(revision)),
      takeSnapshot: (name, revision) =>
        attempt(async past => {
          await past.takeSnapshot(name, revision);
          notify({ text: trans.__('Kept as the snapshot “%1”.', name) });
        }),
      forgetSnapshot: (name, revision) =>
        void attempt(async past => {
          await past.forgetSnapshot(name);
          notify({
            text: trans.__('The snapshot “%1” is gone.', name),
            action: {
              label: trans.__('Undo'),
              run: () => void attempt(() => past.takeSnapshot(name, revision))
            }
          });
        }),
      purge: name =>
        void attempt(async past => {
          const answer = await showDialog({
            title: trans.__('Purge the past of %1?', name),
            body: trans.__(
              'All its earlier values are removed from history, snapshots, runs and the stored file. This cannot be undone. The value that stands now stays: to remove that too, delete the variable first.'
            ),
            buttons: [
              Dialog.cancelButton({ label: trans.__('Cancel') }),
              Dialog.warnButton({ label: trans.__('Purge for Good') })
            ],
            defaultButton: 0
          });
          if (answer.button.accept) {
            const count = await past.purge(name);
            notify({
              text:
                count === 0
                  ? trans.__('%1 had no earlier values.', name)
                  : trans._n(
                      'Removed %1 earlier value of %2 for good.',
                      'Removed %1 earlier values of %2 for good.',
                      count,
                      name
                    )
            });
          }
        })
    };
  }, [history, trans, notify]);
}
