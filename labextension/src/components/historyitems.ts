import { useSelected, useSurroundings } from '../context';
import type { MenuItem } from './menu';
import { useLooked } from './useHistory';
import { useHistoryDeeds } from './useHistoryDeeds';

/** What a row's menu has about its past. */
export function useHistoryItems(name: string): (MenuItem | null)[] {
  const { trans, history } = useSurroundings();
  const looked = useLooked();
  const deeds = useHistoryDeeds(history);
  const readOnly = useSelected(state => state.readOnly);
  return history == null
    ? []
    : [
        null,
        { id: 'history', label: trans.__('History'), run: () => history.open(name) },
        {
          id: 'purge',
          label: trans.__('Purge Its Past…'),
          run: () => deeds.purge(name),
          enabled: !readOnly && looked === null
        }
      ];
}
