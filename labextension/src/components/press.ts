/**
 * Whether a pointer is held down. What is pressed must not move away before it is let go, or there is no click: a field that
 * is left by a press changes its height after it.
 */
let isPressed = false;
const LETS_GO = ['pointerup', 'pointercancel'];
document.addEventListener('pointerdown', () => (isPressed = true), true);
LETS_GO.forEach(type => document.addEventListener(type, () => (isPressed = false), true));

export function isPressing(): boolean {
  return isPressed;
}

/** Calls back at once, or after the click that a press becomes. @returns what takes that back */
export function afterPress(what: () => void): () => void {
  if (!isPressed) {
    what();
    return () => undefined;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    LETS_GO.forEach(type => document.removeEventListener(type, onUp, true));
  };
  const onUp = (): void => {
    timer = setTimeout(() => {
      stop();
      what();
    });
  };
  LETS_GO.forEach(type => document.addEventListener(type, onUp, true));
  return stop;
}
