import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import type { ClusterAccess } from './kubeconfig.ts'
import type { ClusterApi } from './lease.ts'

export interface ApiClient extends ClusterApi {
  close(): void
}

const withinMillis = 10_000
const mostBytes = 32 * 1024 * 1024

type Access = Pick<ClusterAccess, 'api' | 'serverName' | 'basePath' | 'certificateAuthority' | 'insecure' | 'user'>

/** Asks a cluster's API with an attendee's own credentials. Plain HTTPS: a client library would start the programs that a kubeconfig may name. */
export function createApiClient(access: Access): ApiClient {
  const { user } = access
  const decode = (data: string | undefined) => (data === undefined ? undefined : Buffer.from(data, 'base64'))
  const agent = new Agent({
    keepAlive: true,
    servername: /^[\d.]+$|:/.test(access.serverName) ? '' : access.serverName,
    ca: access.certificateAuthority,
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
    rejectUnauthorized: !access.insecure,
  })
  const headers: Record<string, string> = { accept: 'application/json' }
  if (user.token !== undefined) headers['authorization'] = `Bearer ${user.token}`
  else if (user.username !== undefined) {
    headers['authorization'] = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`
  }
  const ask = (path: string, parameters: URLSearchParams | undefined, signal: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const query = parameters ? `?${parameters}` : ''
      request({ ...access.api, path: `${access.basePath}${path}${query}`, headers, agent, signal }, resolve)
        .on('error', reject)
        .end()
    })
  const getText = async (path: string, parameters?: URLSearchParams) => {
    const response = await ask(path, parameters, AbortSignal.timeout(withinMillis))
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > mostBytes) throw new Error('the answer is too long')
    }
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }
  }
  return {
    getText,
    async getJson(path, parameters) {
      const { status, text } = await getText(path, parameters)
      return { status, body: JSON.parse(text) as unknown }
    },
    async follow(path, parameters, onLine, signal) {
      const response = await ask(path, parameters, signal)
      for await (const line of createInterface({ input: response, crlfDelay: Infinity })) onLine(line)
      return response.statusCode ?? 0
    },
    close: () => agent.destroy(),
  }
}
