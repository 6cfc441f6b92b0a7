// Something that happens once, and tells everybody who asks, before or after.

export interface Once<T> {
  /** The first call counts; listeners are called at once, in order. Repeat: nothing. */
  happen: (value: T) => void;
  /** Calls the listener when it happens, or now when it has. */
  on: (listener: (value: T) => void) => void;
}

export function createOnce<T>(): Once<T> {
  let happened: { value: T } | undefined;
  const listeners: ((value: T) => void)[] = [];
  return {
    happen: (value) => {
      if (happened) return;
      happened = { value };
      for (const listener of listeners.splice(0)) listener(value);
    },
    on: (listener) => {
      if (happened) listener(happened.value);
      else listeners.push(listener);
    },
  };
}
