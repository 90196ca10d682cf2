import { Agent, request } from 'node:https'
import type { ClusterAccess } from './kubeconfig.ts'

/** Asks a real cluster's API with an attendee's own credentials. */
export interface ApiClient {
  /** @returns the JSON answer, not yet checked @throws when there is none, in words for people */
  getJson(path: string, parameters?: URLSearchParams): Promise<{ readonly status: number; readonly body: unknown }>
  close(): void
}

const withinMillis = 10_000
const mostBytes = 32 * 1024 * 1024

/** Plain HTTPS: two paths are asked for, and a client library would start the programs that a kubeconfig may name. */
export function createApiClient(access: ClusterAccess): ApiClient {
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
  return {
    getJson(path, parameters) {
      const query = parameters ? `?${parameters}` : ''
      return new Promise((resolve, reject) => {
        const asking = request(
          { ...access.api, path: `${access.basePath}${path}${query}`, headers, agent, signal: AbortSignal.timeout(withinMillis) },
          (response) => {
            const chunks: Buffer[] = []
            let length = 0
            response.on('data', (chunk: Buffer) => {
              chunks.push(chunk)
              length += chunk.length
              if (length > mostBytes) response.destroy(new Error('the answer is too long'))
            })
            response.on('error', reject)
            response.on('end', () => {
              try {
                resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) })
              } catch (error) {
                reject(error)
              }
            })
          },
        )
        asking.on('error', reject)
        asking.end()
      })
    },
    close: () => agent.destroy(),
  }
}
