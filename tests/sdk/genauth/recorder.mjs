import { once } from 'node:events';
import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { BASE_URL } from '../demo.mjs';

/** Sends one request exactly as recorded (but for Host) and returns `{ status, body }`. */
export async function send({ method, path, rawHeaders, body }) {
  const headers = rawHeaders.flatMap((text, at) =>
    at % 2 === 0 && text.toLowerCase() !== 'host' ? [text, rawHeaders[at + 1]] : [],
  );
  const url = new URL(BASE_URL);
  const request = http.request(BASE_URL, { method, path, headers: [...headers, 'Host', url.host] });
  request.end(body);
  const [response] = await once(request, 'response');
  const sent = Buffer.concat(await response.toArray());
  // What was recorded asks for gzip, as the SDK did, which reads it by itself.
  const isZipped = response.headers['content-encoding'] === 'gzip';
  return { status: response.statusCode, body: isZipped ? gunzipSync(sent) : sent };
}

async function answer(request, response, recorded) {
  const { method, url: path, rawHeaders } = request;
  const body = Buffer.concat(await request.toArray());
  recorded.push({ method, path, rawHeaders, body });
  const answered = await send(recorded.at(-1));
  response.writeHead(answered.status, { 'content-type': 'application/json' }).end(answered.body);
}

/**
 * A host on loopback that hands every request on to the gateway and keeps it, so that a client which only knows a
 * host can be recorded without touching it. Signatures cover no host, so they stay valid.
 */
export async function startRecorder() {
  const recorded = [];
  const server = http.createServer((request, response) => {
    answer(request, response, recorded).catch((error) => response.writeHead(502).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => (server.closeAllConnections(), server.close());
  return { host: `http://127.0.0.1:${server.address().port}`, recorded, stop };
}
