import React, { useEffect, useRef, useState } from 'react';

import type { Snapshot } from '../archive';
import { useSelected, useTrans } from '../context';
import { CloseButton } from './IconButton';
import { Button } from './Button';
import { useClock } from './useClock';
import type { HistoryDeeds } from './useHistoryDeeds';
import { momentWords } from './moments';

/** Gives a revision a name to go back to. */
export function SnapshotForm(props: {
  /** null for what stands now. */
  revision: number | null;
  taken: readonly Snapshot[];
  deeds: HistoryDeeds;
  onEnd(): void;
}): React.JSX.Element {
  const { revision, taken, deeds, onEnd } = props;
  const trans = useTrans();
  const [name, setName] = useState('');
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const former = taken.find(each => each.name === name.trim());
  const save = async (): Promise<void> => {
    setBusy(true);
    if (await deeds.takeSnapshot(name.trim(), revision ?? undefined)) {
      onEnd();
    }
    setBusy(false);
  };
  return (
    <form
      className="jp-HistoryForm"
      data-testid="snapshot-form"
      onSubmit={event => {
        event.preventDefault();
        if (name.trim() !== '' && !isBusy) {
          void save();
        }
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onEnd();
        }
      }}
    >
      <label>
        <span>
          {revision === null
            ? trans.__('Name what stands now')
            : trans.__('Name revision %1', revision)}
        </span>
        <input
          ref={field}
          data-testid="snapshot-name"
          maxLength={128}
          value={name}
          placeholder={trans.__('before the sweep')}
          onChange={event => setName(event.target.value)}
        />
      </label>
      {former === undefined ? null : (
        <p>{trans.__('This name moves here from revision %1.', former.revision)}</p>
      )}
      <div className="jp-HistoryActions">
        <button
          type="submit"
          className="jp-SessionButton jp-mod-accent"
          data-testid="snapshot-save"
          disabled={name.trim() === '' || isBusy}
        >
          {trans.__('Keep')}
        </button>
        <Button onClick={onEnd}>{trans.__('Cancel')}</Button>
      </div>
    </form>
  );
}

export function SnapshotList(props: {
  snapshots: readonly Snapshot[];
  deeds: HistoryDeeds;
  onTake(): void;
  onEnd(): void;
}): React.JSX.Element {
  const { snapshots, deeds, onTake, onEnd } = props;
  const trans = useTrans();
  const now = useClock();
  const offline = useSelected(state => state.status.kind === 'offline');
  const canWrite = useSelected(state => !state.readOnly) && !offline;
  return (
    <section className="jp-HistoryCard" aria-label={trans.__('Snapshots')} data-testid="snapshots">
      <h3 className="jp-SessionTitle">
        {trans.__('Snapshots')}
        <CloseButton onClick={onEnd} />
      </h3>
      {snapshots.length === 0 ? (
        <p>{trans.__('No snapshots yet. A snapshot is a revision with a name, kept for good.')}</p>
      ) : null}
      <ul>
        {[...snapshots].reverse().map(({ name, revision, at }) => (
          <li key={name} data-testid="snapshot" data-name={name}>
            <b>{name}</b>
            <span className="jp-HistoryLine-who">
              {trans.__('revision %1', revision)} · {momentWords(at, Math.max(at, now))}
            </span>
            <div className="jp-HistoryActions">
              <Button
                testid="snapshot-look"
                aria-label={trans.__('Look at snapshot %1', name)}
                onClick={() => deeds.look(revision)}
              >
                {trans.__('Look')}
              </Button>
              <Button
                testid="snapshot-restore"
                aria-label={trans.__('Go back to snapshot %1', name)}
                disabled={!canWrite}
                onClick={() => deeds.restore(revision, `“${name}”`)}
              >
                {trans.__('Go back')}
              </Button>
              <Button
                testid="snapshot-delete"
                aria-label={trans.__('Delete snapshot %1', name)}
                disabled={!canWrite}
                onClick={() => deeds.forgetSnapshot(name, revision)}
              >
                {trans.__('Delete')}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      <Button testid="snapshot-take" disabled={!canWrite} onClick={onTake}>
        {trans.__('Take a Snapshot…')}
      </Button>
    </section>
  );
}
