import { GatewayError } from './error.js';

/** An access token. */
export interface Token {
  value: string;
  /** Lifetime from now, in seconds. */
  expiresIn: number;
}

/** A token that the client does not fetch itself, or what asks for one: a page's own server, which has the secret. */
export type GivenToken = string | (() => Promise<Token>);

/** The given token. Text counts as valid for ever: only the gateway knows when it expires. */
export async function given(token: GivenToken): Promise<Token> {
  return typeof token === 'string' ? { value: token, expiresIn: Infinity } : token();
}

/** A token is renewed this long before it expires, in seconds, or after half of a shorter life. */
const MARGIN = 60;

/** Fetches tokens when needed: one at a time, and a new one before the last expires. */
export class Tokens {
  readonly #fetchToken: () => Promise<Token>;
  readonly #now: () => number;
  #held: { value: string; renewAt: number } | undefined;
  #pending: Promise<string> | undefined;

  /** `now` is the time in milliseconds. */
  constructor(fetchToken: () => Promise<Token>, now: () => number = Date.now) {
    this.#fetchToken = fetchToken;
    this.#now = now;
  }

  /** A token that is still valid for a while. */
  async get(): Promise<string> {
    if (this.#held && this.#now() < this.#held.renewAt) return this.#held.value;
    // Calls that need a token meanwhile wait for the same one.
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /** Runs `call`, and once more with a new token if the gateway no longer accepts the one it was made with. */
  async accepted<T>(call: () => Promise<T>): Promise<T> {
    const before = this.#held;
    try {
      return await call();
    } catch (error) {
      const isRefused = error instanceof GatewayError && error.status === 401;
      // A first token is not old, and one that never expires is the caller's own.
      if (!isRefused || before === undefined || before.renewAt === Infinity) throw error;
      if (this.#held === before) this.#held = undefined;
      return call();
    }
  }

  async #renew(): Promise<string> {
    const { value, expiresIn } = await this.#fetchToken();
    const validFor = expiresIn - Math.min(MARGIN, expiresIn / 2);
    this.#held = { value, renewAt: this.#now() + validFor * 1_000 };
    return value;
  }
}
