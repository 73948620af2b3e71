/**
 * JupyterLab's own menu, opened at a button: keyboard and screen reader come with it.
 */
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

export interface MenuItem {
  /** `menu-<id>` is its hook for tests. */
  id: string;
  label: string;
  run(): void;
  enabled?: boolean;
  checked?: boolean;
}

/** Lumino has separators take part in the tab order, which makes them items of no name to a screen reader. */
class Renderer extends Menu.Renderer {
  override renderItem(data: Menu.IRenderData): ReturnType<Menu.Renderer['renderItem']> {
    const element = super.renderItem(data);
    if (data.item.type === 'separator') {
      delete (element.attrs as { tabindex?: unknown }).tabindex;
    }
    return element;
  }
}

export function openMenu(anchor: HTMLElement, items: readonly (MenuItem | null)[]): void {
  const commands = new CommandRegistry();
  const menu = new Menu({ commands, renderer: new Renderer() });
  for (const item of items) {
    if (item === null) {
      menu.addItem({ type: 'separator' });
      continue;
    }
    commands.addCommand(item.id, {
      label: item.label,
      isEnabled: () => item.enabled ?? true,
      ...(item.checked === undefined ? {} : { isToggled: () => item.checked === true }),
      dataset: { testid: `menu-${item.id}` },
      execute: () => item.run()
    });
    menu.addItem({ command: item.id });
  }
  menu.aboutToClose.connect(() => {
    anchor.setAttribute('aria-expanded', 'false');
    // The command runs after the close; it may want the focus elsewhere.
    anchor.focus();
    setTimeout(() => menu.dispose());
  });
  anchor.setAttribute('aria-expanded', 'true');
  const { left, right, bottom } = anchor.getBoundingClientRect();
  menu.open(document.documentElement.dir === 'rtl' ? left : right, bottom, {
    horizontalAlignment: 'right'
  });
  menu.activate();
}
