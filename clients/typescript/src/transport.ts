import { retryAfter } from './error.js';

/** Options of all clients. */
export interface ClientOptions {
  /** The gateway's address, such as `https://users.example.com`. */
  baseUrl: string;
  /** How often a request is repeated that is refused for now (429 or 503, with `Retry-After`); 2 by default. */
  retries?: number;
  /** Sends the requests; the global `fetch` by default. */
  fetch?: (request: Request) => Promise<Response>;
}

/** Options of each call. */
export interface CallOptions {
  /** Ends the call early, also while it waits to repeat a request. */
  signal?: AbortSignal;
}

/** The longest `Retry-After` that is waited for, in seconds: a longer one is for the caller to decide about. */
const LONGEST_WAIT = 30;

/** Adds to a request what authenticates it. Repeated for each attempt, since a signature counts only once. */
export type Authenticate = (request: Request) => Promise<void>;

/** A `fetch` that authenticates requests and repeats those that are refused for now. All calls only read. */
export function transport(options: ClientOptions, authenticate: Authenticate): (request: Request) => Promise<Response> {
  const { retries = 2, fetch: send = (request: Request) => globalThis.fetch(request) } = options;
  return async (request) => {
    for (let left = retries; ; left -= 1) {
      const attempt = request.clone();
      await unlessAborted(authenticate(attempt), request.signal);
      const response = await send(attempt);
      const wait = left > 0 ? secondsToWait(response) : undefined;
      if (wait === undefined) return response;
      await response.body?.cancel();
      await sleep(wait, request.signal);
    }
  };
}

function secondsToWait(response: Response): number | undefined {
  if (response.status !== 429 && response.status !== 503) return undefined;
  const seconds = retryAfter(response);
  return seconds !== undefined && seconds <= LONGEST_WAIT ? seconds : undefined;
}

async function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1_000);
  });
  await unlessAborted(slept, signal).finally(() => clearTimeout(timer));
}

/** Waits for `work` no longer than the caller does. Others may go on waiting for it, as for a token that all need. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
