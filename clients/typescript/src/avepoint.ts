import createClient from 'openapi-fetch';
import { dataOf } from './error.js';
import type { components, paths } from './generated/avepoint.js';
import { split } from './split.js';
import { given, type GivenToken, Tokens } from './token.js';
import { type Authenticate, type CallOptions, type ClientOptions, transport } from './transport.js';

type Schemas = components['schemas'];
export type ElementsUser = Schemas['ElementsUser'];
export type ElementsCustomer = Schemas['ElementsCustomer'];
export type Scope = Schemas['ScopeName'];

/** Either a client's secret, on a server, or an access token that a server fetches. */
export type AvePointCredentials =
  | { clientId: string; clientSecret: string; scopes?: readonly Scope[] }
  | { token: GivenToken };

export type AvePointOptions = ClientOptions &
  AvePointCredentials & {
    customerId: string;
    tenantId: string;
    /** Maximum number of ids per request: 10,000 by default, as the gateway's, which may be configured lower. */
    batchSize?: number;
  };

/** What a walk through a list asks for. */
export interface PageOptions extends CallOptions {
  /** Items per request: 100 by default, at most 1,000. */
  pageSize?: number;
}

export type AvePoint = ReturnType<typeof createAvePoint>;

const USERS = '/partner/external/v3/um/customers/{customerId}/tenants/{tenantId}/users/batch';
const CUSTOMERS = '/partner/external/v3/general/customers/batch';
const BATCH_SIZE = 10_000;

/** A client of AvePoint Elements' API. Its calls throw `GatewayError`. */
export function createAvePoint(options: AvePointOptions) {
  const { baseUrl, customerId, tenantId, batchSize = BATCH_SIZE } = options;
  const path = { customerId, tenantId };
  const tokens = tokensOf(options);
  const authenticate: Authenticate = async (request) =>
    request.headers.set('authorization', `Bearer ${await tokens.get()}`);
  const http = createClient<paths>({ baseUrl, fetch: transport(options, authenticate) });

  /** All users of the tenant, or those of them who have one of these ids, in the order in which they were added. */
  async function* users(
    { userIds, pageSize, ...call }: PageOptions & { userIds?: readonly string[] } = {},
  ): AsyncGenerator<ElementsUser, void> {
    // Without ids the API returns everybody.
    const bodies = userIds ? split(userIds, { items: batchSize }).map((userIds) => ({ userIds })) : [{}];
    for (const body of bodies) {
      yield* walk(async (query) => {
        return dataOf(await http.POST(USERS, { params: { path, query }, body, ...call }));
      }, pageSize);
    }
  }

  /** All customers that the client may access, with their tenants. */
  async function* customers({ pageSize, ...call }: PageOptions = {}): AsyncGenerator<ElementsCustomer, void> {
    yield* walk(async (query) => {
      return dataOf(await http.POST(CUSTOMERS, { params: { query }, body: {}, ...call }));
    }, pageSize);
  }

  /** Requests pages until the total is reached. */
  async function* walk<T>(
    fetchPage: (query: { pageIndex: number; pageSize?: number }) => Promise<Page<T>>,
    pageSize: number | undefined,
  ): AsyncGenerator<T, void> {
    let seen = 0;
    for (let pageIndex = 1; ; pageIndex += 1) {
      const query = pageSize === undefined ? { pageIndex } : { pageIndex, pageSize };
      const page = await tokens.accepted(() => fetchPage(query));
      yield* page.data;
      seen += page.data.length;
      if (page.data.length === 0 || seen >= page.metadata.totalCount) return;
    }
  }

  return {
    /** The client of openapi-fetch below, for everything else that the API has. */
    http,
    users,
    customers,
  };
}

interface Page<T> {
  data: T[];
  metadata: Schemas['Metadata'];
}

function tokensOf(options: AvePointOptions): Tokens {
  const anonymous = createClient<paths>({ baseUrl: options.baseUrl, fetch: transport(options, async () => {}) });
  return new Tokens(async () => {
    if ('token' in options) return given(options.token);
    const { clientId, clientSecret, scopes } = options;
    const credentials = { client_id: clientId, client_secret: clientSecret };
    const scope = scopes ? { scope: scopes.join(' ') } : {};
    const result = await anonymous.POST('/connect/token', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: { grant_type: 'client_credentials', ...credentials, ...scope },
    });
    const { access_token: value, expires_in: expiresIn } = dataOf(result);
    return { value, expiresIn };
  });
}
