import type { ApiResponse } from '../simulator/api/http.ts'

/** A refusal as every Kubernetes client reads it. */
export function statusResponse(code: number, reason: string, message: string): ApiResponse {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
  return { status: code, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(status)}\n` }
}
