import createClient from 'openapi-fetch';
import { dataOf } from './error.js';
import type { components, paths } from './generated/bitbadges.js';
import { split } from './split.js';
import { type CallOptions, type ClientOptions, transport } from './transport.js';

type Schemas = components['schemas'];
export type Account = Schemas['Account'];
export type AccountFetch = Schemas['AccountFetch'];
export type ViewFetch = Schemas['ViewFetch'];
export type ViewName = Schemas['ViewName'];

/** An account's username, or its address on any supported chain. */
export type Who = { username: string } | { address: string };

/** What a walk through one view returns. */
export interface WalkOptions extends CallOptions {
  /** Start with the oldest; newest first by default. */
  oldestFirst?: boolean;
  /** Only what belongs to these collections. */
  collections?: readonly string[];
  /** Continue after the page with this bookmark. */
  bookmark?: string;
}

export interface BitBadgesOptions extends ClientOptions {
  apiKey: string;
  /** Maximum number of accounts per request: 250 by default, as the gateway's, which may be configured lower. */
  batchSize?: number;
}

export type BitBadges = ReturnType<typeof createBitBadges>;

const BATCH_SIZE = 250;
/** Maximum number of views in one request. */
const VIEWS = 2_000;

/** A client of BitBadges' API. Its calls throw `GatewayError`. */
export function createBitBadges(options: BitBadgesOptions) {
  const { baseUrl, apiKey, batchSize = BATCH_SIZE } = options;
  const authenticate = async (request: Request) => request.headers.set('x-api-key', apiKey);
  const http = createClient<paths>({ baseUrl, fetch: transport(options, authenticate) });

  async function request(accountsToFetch: AccountFetch[], call: CallOptions): Promise<Account[]> {
    return dataOf(await http.POST('/api/v0/users', { body: { accountsToFetch }, ...call })).accounts;
  }

  /** The accounts of `entries` in their order, each with one page of the views asked for. Splits long lists. */
  async function accounts(entries: readonly AccountFetch[], call: CallOptions = {}): Promise<Account[]> {
    const found: Account[] = [];
    for (const batch of batches(entries, batchSize)) found.push(...(await request(batch, call)));
    return found;
  }

  /** One account. */
  async function account(who: Who, call: CallOptions = {}): Promise<Account> {
    return dataOf(await http.GET('/api/v0/user', { params: { query: who }, ...call })).account;
  }

  /**
   * Walks through the views of many accounts at once: first each account with the first pages of its views, then those
   * that have more with their next pages, until no view has more.
   */
  async function* pages(entries: readonly AccountFetch[], call: CallOptions = {}): AsyncGenerator<Account, void> {
    let left = entries.filter(({ username, address }) => username || address);
    while (left.length > 0) {
      const next: AccountFetch[] = [];
      for (const batch of batches(left, batchSize)) {
        for (const [position, account] of (await request(batch, call)).entries()) {
          yield account;
          next.push(...remaining(batch[position], account));
        }
      }
      left = next;
    }
  }

  /** Walks through one view of one account, by the documents that `documents` finds in a page. */
  async function* walk<T>(
    who: Who,
    viewType: ViewName,
    documents: (page: Account) => readonly T[],
    { oldestFirst = false, collections, bookmark = '', ...call }: WalkOptions = {},
  ): AsyncGenerator<T, void> {
    const specificCollections = collections?.map((collectionId) => ({ collectionId })) ?? null;
    const view = { viewId: viewType, viewType, bookmark, oldestFirst, specificCollections };
    for await (const page of pages([{ ...who, viewsToFetch: [view] }], call)) yield* documents(page);
  }

  return {
    /** The client of openapi-fetch below, for everything else that the API has. */
    http,
    account,
    accounts,
    pages,
    /** All transfers of an account. */
    activity: (who: Who, options?: WalkOptions) => walk(who, 'transferActivity', (page) => page.activity, options),
    /** All that an account holds, by collection. */
    collected: (who: Who, options?: WalkOptions) => walk(who, 'badgesCollected', (page) => page.collected, options),
    /** All announcements to an account. */
    announcements: (who: Who, options?: WalkOptions) =>
      walk(who, 'announcements', (page) => page.announcements, options),
    /** All reviews of an account. */
    reviews: (who: Who, options?: WalkOptions) => walk(who, 'reviews', (page) => page.reviews, options),
  };
}

function batches(entries: readonly AccountFetch[], items: number): AccountFetch[][] {
  const of = (entry: AccountFetch) => entry.viewsToFetch?.length ?? 0;
  return split(entries, { items, weight: { of, max: VIEWS } });
}

/** The entry for those views of `entry` that have more after what `account` has; none if no view has. */
function remaining(entry: AccountFetch | undefined, account: Account): AccountFetch[] {
  const viewsToFetch = (entry?.viewsToFetch ?? []).flatMap((view) => {
    const pagination = account.views[view.viewId ?? view.viewKey ?? '']?.pagination;
    if (!pagination?.hasMore) return [];
    // The same page would follow for ever.
    if (pagination.bookmark === view.bookmark) throw new Error('a view has more after a page, but the same bookmark');
    return [{ ...view, bookmark: pagination.bookmark }];
  });
  return viewsToFetch.length > 0 ? [{ ...entry, viewsToFetch }] : [];
}
