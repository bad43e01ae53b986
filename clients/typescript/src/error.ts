/** A refusal by the gateway, whatever shape its vendor gives it. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';

  constructor(
    message: string,
    /** HTTP status. Of GenAuth, which refuses with HTTP 200, the `statusCode` in the body. */
    readonly status: number,
    /** The vendor's own code: GenAuth's `apiCode`, or the `error` of OAuth 2.0. */
    readonly code: string | number | undefined,
    /** Id of the request, for support. */
    readonly requestId: string | undefined,
    /** After how many seconds to try again, where the gateway says so. */
    readonly retryAfter: number | undefined,
    /** The body, as parsed. */
    readonly body: unknown,
  ) {
    super(message);
  }

  /** The refusal that `response`, with this body, is. */
  static of(response: Response, body: unknown): GatewayError {
    const known = isRecord(body) ? body : {};
    const message =
      text(known['errorMessage']) ?? text(known['error_description']) ?? text(known['message']) ?? response.statusText;
    const status = number(known['statusCode']) ?? response.status;
    const code = number(known['apiCode']) ?? text(known['error']);
    const requestId = response.headers.get('request-id') ?? text(known['requestId']);
    return new GatewayError(message, status, code, requestId, retryAfter(response), body);
  }
}

/** The seconds in the header `Retry-After`. The gateway never sends a date there. */
export function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** What a call of openapi-fetch returns. */
interface Result<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * The data of a successful call.
 *
 * @throws GatewayError for any other.
 */
export function dataOf<T>({ data, error, response }: Result<T>): T {
  if (data === undefined) throw GatewayError.of(response, error);
  return data;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
