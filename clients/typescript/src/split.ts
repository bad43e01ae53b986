/** Bounds of one request. */
interface Bounds<T> {
  /** Maximum number of items. */
  items: number;
  /** Maximum sum of weights, if they count. An item that is heavier is sent alone. */
  weight?: { of: (item: T) => number; max: number };
}

/** `items` in their order, in as few requests as the bounds allow. */
export function split<T>(items: readonly T[], { items: max, weight }: Bounds<T>): T[][] {
  const requests: T[][] = [];
  let current: T[] = [];
  let total = 0;
  for (const item of items) {
    const own = weight?.of(item) ?? 0;
    const isTooHeavy = weight !== undefined && total + own > weight.max;
    if (current.length > 0 && (current.length >= max || isTooHeavy)) {
      requests.push(current);
      current = [];
      total = 0;
    }
    current.push(item);
    total += own;
  }
  if (current.length > 0) requests.push(current);
  return requests;
}
