import createClient from 'openapi-fetch';
import { dataOf, GatewayError } from './error.js';
import type { components, paths } from './generated/genauth.js';
import { type AccessKey, sign } from './signature.js';
import { split } from './split.js';
import { given, type GivenToken, Tokens } from './token.js';
import { type Authenticate, type CallOptions, type ClientOptions, transport } from './transport.js';

type Schemas = components['schemas'];
type Query = NonNullable<paths['/api/v3/get-user-batch']['get']['parameters']['query']>;
export type User = Schemas['UserDto'];

/**
 * Either an access key, on a server, or a management token that a server fetches. With a key, requests carry a
 * management token, or a signature if `signed`.
 */
export type GenAuthCredentials = (AccessKey & { signed?: boolean }) | { token: GivenToken };

export type GenAuthOptions = ClientOptions &
  GenAuthCredentials & {
    /** Maximum number of ids per request: 50 by default, as the gateway's, which may be configured lower. */
    batchSize?: number;
  };

/** The kind of the ids, `user_id` by default, and which members users are returned with. */
export type UsersOptions = Omit<Query, 'userIds'> & CallOptions;

export type GenAuth = ReturnType<typeof createGenAuth>;

const BATCH_SIZE = 50;

/** A client of GenAuth's API. Its calls throw `GatewayError`. */
export function createGenAuth(options: GenAuthOptions) {
  const { baseUrl, batchSize = BATCH_SIZE } = options;
  const tokens = tokensOf(options);
  const authenticate: Authenticate = async (request) => {
    if ('accessKeyId' in options && options.signed) return sign(request, options);
    request.headers.set('authorization', `Bearer ${await tokens.get()}`);
  };
  const http = createClient<paths>({
    baseUrl,
    fetch: transport(options, authenticate),
    querySerializer: withBrackets,
  });

  /** The users with these ids, each once, in the order of the ids; in several requests if needed. */
  async function users(userIds: readonly string[], { signal, ...query }: UsersOptions = {}): Promise<User[]> {
    const call = signal ? { signal } : {};
    const found = new Map<string, User>();
    for (const ids of split(userIds, { items: batchSize })) {
      const params = { query: { ...query, userIds: ids } };
      const batch = await tokens.accepted(async () => {
        return successOf(await http.GET('/api/v3/get-user-batch', { params, ...call })).data;
      });
      for (const user of batch) if (!found.has(user.userId)) found.set(user.userId, user);
    }
    return [...found.values()];
  }

  return {
    /** The client of openapi-fetch below. Its refusals are data with another `statusCode` than 200. */
    http,
    users,
  };
}

function tokensOf(options: GenAuthOptions): Tokens {
  const anonymous = createClient<paths>({ baseUrl: options.baseUrl, fetch: transport(options, async () => {}) });
  return new Tokens(async () => {
    if ('token' in options) return given(options.token);
    const { accessKeyId, accessKeySecret } = options;
    const body = { accessKeyId, accessKeySecret };
    const { data } = successOf(await anonymous.POST('/api/v3/get-management-token', { body }));
    return { value: data.access_token, expiresIn: data.expires_in };
  });
}

/** The envelope of a success: GenAuth refuses most requests with HTTP 200 and another `statusCode`. */
function successOf<T extends { statusCode: number }>(result: {
  data?: T;
  error?: unknown;
  response: Response;
}): Extract<T, { statusCode: 200 }> {
  const body = dataOf(result);
  if (!isSuccess(body)) throw GatewayError.of(result.response, body);
  return body;
}

function isSuccess<T extends { statusCode: number }>(body: T): body is Extract<T, { statusCode: 200 }> {
  return body.statusCode === 200;
}

/** Lists as `name[]=…`: the elements of such a list are never split at commas, even if it has only one. */
function withBrackets(query: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const element of value) parameters.append(`${name}[]`, String(element));
    else if (value !== undefined) parameters.append(name, String(value));
  }
  return parameters.toString();
}
