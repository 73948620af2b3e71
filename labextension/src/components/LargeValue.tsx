import React, { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';

import {
  SurroundingsContext,
  useClient,
  useSurroundings,
  useVariable,
  type Notice
} from '../context';
import { sameJson } from '../json';
import { declaredWords } from './declared';
import { kindOf, opensWhole } from './kinds';
import { NoticeBar } from './NoticeBar';
import { RoomContext } from './SheetView';
import { useHeight } from './useWidth';
import { WaysContext, type Ways } from './ValueBar';
import { ValueEditor, type Shown } from './ValueEditor';
import { WrittenBy } from './WrittenBy';

// Of a row of a table, px; and of what stands above and below a table.
const ROW = 20;
const AROUND = 110;

/** One value in a place of its own, with all the room there is: live, as its row is. */
export function LargeValue(props: {
  name: string;
  /** It is called so now. */
  onName(name: string): void;
  onClose(): void;
}): React.JSX.Element {
  const { onName, onClose } = props;
  const [name, setName] = useState(props.name);
  const around = useSurroundings();
  const { trans } = around;
  const client = useClient();
  const row = useVariable(name);
  const host = useRef<HTMLDivElement>(null);
  const height = useHeight(host);
  const [notice, setNotice] = useState<Notice | null>(null);
  const [shown, show] = useState<Shown>('whole');
  const isGone = useSyncExternalStore(client.subscribe, () => client.isDisposed);
  useEffect(() => {
    // Its notebook was closed, or has another session now.
    if (isGone) {
      onClose();
    }
  }, [isGone, onClose]);
  useEffect(() => {
    let before = client.getState().variables;
    return client.subscribe(() => {
      const now = client.getState().variables;
      const old = before.get(name);
      const to =
        old === undefined || now.has(name)
          ? undefined
          : [...now.values()].find(
              each => !before.has(each.name) && sameJson(each.value, old.value)
            );
      before = now;
      if (to !== undefined) {
        setName(to.name);
        onName(to.name);
      }
    });
  }, [client, name, onName]);
  const surroundings = useMemo(
    () => ({ ...around, notify: setNotice, larger: undefined }),
    [around]
  );
  const readOnly = useSyncExternalStore(client.subscribe, () => client.getState().readOnly);
  const isWhole = row !== undefined && opensWhole(kindOf(row.value)) && shown === 'whole';
  const fixed = readOnly || row?.spec?.locked === true;
  const ways: Ways = {
    name,
    readOnly: fixed,
    json: isWhole ? () => show('json') : null,
    close: () => (shown === 'json' ? show('whole') : onClose())
  };
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <div className="jp-SessionLarge-body" ref={host} data-testid="large" data-name={name}>
        {row === undefined ? (
          <p className="jp-SessionBody-none">{trans.__('This variable is no longer there.')}</p>
        ) : (
          <>
            <div className="jp-SessionRow-head">
              <h2>{name}</h2>
              <span className="jp-SessionLarge-kind">
                {declaredWords(row.spec, row.value, trans)}
              </span>
              <WrittenBy row={row} />
            </div>
            <RoomContext.Provider value={Math.max(12, Math.floor((height - AROUND) / ROW))}>
              <WaysContext.Provider value={ways}>
                <ValueEditor
                  name={name}
                  value={row.value}
                  spec={row.spec}
                  readOnly={fixed}
                  shown={shown}
                  takesFocus
                  onOpen={show}
                />
              </WaysContext.Provider>
            </RoomContext.Provider>
          </>
        )}
      </div>
      <NoticeBar notice={notice} onEnd={() => setNotice(null)} />
    </SurroundingsContext.Provider>
  );
}
