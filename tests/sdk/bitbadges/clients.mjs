import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BASE_URL, BITBADGES_API_KEY } from '../demo.mjs';

const require = createRequire(import.meta.url);

// The SDKs print each failed request, API key included, before they reject; the rejection says enough.
console.error = () => {};

/** The SDK's view kinds, read from its own type declaration so that none is forgotten. */
function viewTypesOf(entryPoint) {
  const declaration = readFileSync(join(dirname(entryPoint), 'api-indexer', 'BitBadgesUserInfo.d.ts'), 'utf8');
  const union = declaration.match(/type AccountViewKey = ([^;]+);/)[1];
  return [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name);
}

/** What a published version is called by: the names that changed between them. */
function load(version, { addressConverter, nativeAddress, collectedView, idsOfBadges, pagesByLists, fetchesOne }) {
  const name = `bitbadgesjs-sdk-${version}`;
  return {
    version,
    sdk: require(name),
    viewTypes: viewTypesOf(require.resolve(name)),
    /** The SDK's own conversion of any address into the chain's, and the member that carries it in an account. */
    toNative: require(name)[addressConverter],
    nativeAddress,
    /** Its name of the view of what an account holds, and of the ids in a balance. */
    collectedView,
    idsOfBadges,
    /** Whether it has `getAccount`, for one account. */
    fetchesOne,
    /** Fetches the next page of a view into `account`. */
    fetchNext: (account, api, viewType, viewId, specificCollections, oldestFirst) =>
      pagesByLists
        ? account.fetchNextForView(api, viewType, viewId, specificCollections, undefined, oldestFirst)
        : account.fetchNextForView(api, viewType, viewId, specificCollections, oldestFirst),
  };
}

const SINCE_2024 = {
  addressConverter: 'convertToBitBadgesAddress',
  nativeAddress: 'bitbadgesAddress',
  collectedView: 'badgesCollected',
  idsOfBadges: 'badgeIds',
  pagesByLists: true,
  fetchesOne: true,
};

/** All SDKs that npm has. */
export const CLIENTS = [
  load('0.3.75', {
    ...SINCE_2024,
    addressConverter: 'convertToCosmosAddress',
    nativeAddress: 'cosmosAddress',
    fetchesOne: false,
  }),
  load('0.9.3', SINCE_2024),
  load('0.9.4', SINCE_2024),
  load('0.9.5', SINCE_2024),
  load('0.27.2', { ...SINCE_2024, collectedView: 'tokensCollected', idsOfBadges: 'tokenIds', pagesByLists: false }),
];

/**
 * An API object of the SDK pointed at the gateway by its own `apiUrl` setting.
 *
 * `exchanges` lists what went over the wire as `{ path, status, body }`: the SDK merges pages and hides the HTTP
 * status, so what was really answered can only be seen there. The interceptor reads and changes nothing.
 */
export function connect({ sdk }, apiKey = BITBADGES_API_KEY) {
  const api = new sdk.BitBadgesAPI({ apiUrl: BASE_URL, apiKey, convertFunction: sdk.BigIntify });
  const exchanges = [];
  const note = ({ config, status, data }) =>
    exchanges.push({ path: new URL(config.url).pathname, status, body: data });
  api.axios.interceptors.response.use(
    (response) => (note(response), response),
    (error) => {
      if (error.response) note(error.response);
      return Promise.reject(error);
    },
  );
  return { api, exchanges };
}

/** Posts to a route as the first-era documentation shows it, without any SDK. */
export async function post(path, body, headers = { 'x-api-key': BITBADGES_API_KEY }) {
  const response = await fetch(`${BASE_URL}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}

/** The first-era route of the documentation. */
export const fetchUsers = (accountsToFetch) => post('/api/v0/user/batch', { accountsToFetch });

/** A valid address nobody in the demo has: the n-th smallest Ethereum address. */
export const unusedAddress = (n) => `0x${n.toString(16).padStart(40, '0')}`;

export const PAGE_SIZE = 25;

/** Fails when a view named an id twice or cut its pages short: every page but the last is full, none is idle. */
export function pagesAreWhole(assert, pages) {
  const ids = pages.flatMap((page) => page.ids);
  assert.equal(new Set(ids).size, ids.length, 'an id was answered twice');
  pages.forEach((page, at) => {
    const last = at === pages.length - 1;
    assert.equal(page.pagination.hasMore, !last, `hasMore of page ${at + 1} of ${pages.length}`);
    if (!last) assert.equal(page.ids.length, PAGE_SIZE, `page ${at + 1} of ${pages.length} is not full`);
    assert.ok(page.ids.length <= PAGE_SIZE, `page ${at + 1} is longer than ${PAGE_SIZE}`);
    assert.ok(at === 0 || page.ids.length > 0, `page ${at + 1} is empty although the one before said hasMore`);
  });
  return ids;
}
