import { isTrue } from './call.ts'
import { badRequest, invalidObject } from './errors.ts'
import { integerParameter } from './list-options.ts'
import { forbidden, invalid, unsupported } from '../resources/field-error.ts'
import type { LogOptions } from '../kubelet/runtime.ts'
import type { FieldError } from '../resources/field-error.ts'

/**
 * How much of a log is asked for. Standard output and errors are one stream here.
 * Source: kubernetes pkg/apis/core/validation/validation.go ValidatePodLogOptions
 * @param now for `sinceTime` @throws ApiError
 */
export function logOptions(query: URLSearchParams, pod: string, now: number): LogOptions {
  const number = (key: string) => (query.get(key) ? integerParameter(query.get(key)) : undefined)
  const tailLines = number('tailLines')
  const limitBytes = number('limitBytes')
  const seconds = number('sinceSeconds')
  const since = query.get('sinceTime') ? timeOf(query.get('sinceTime') ?? '') : undefined
  const stream = query.get('stream') || 'All'
  const errors: FieldError[] = []
  if (tailLines !== undefined && tailLines < 0) errors.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'))
  if (limitBytes !== undefined && limitBytes < 1) errors.push(invalid('limitBytes', limitBytes, 'must be greater than 0'))
  if (seconds !== undefined && since !== undefined)
    errors.push(forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  else if (seconds !== undefined && seconds < 1) errors.push(invalid('sinceSeconds', seconds, 'must be greater than 0'))
  if (!STREAMS.includes(stream)) errors.push(unsupported('stream', stream, STREAMS))
  if (stream !== 'All' && tailLines !== undefined)
    errors.push(forbidden('', '`tailLines` and specific `stream` are mutually exclusive for now'))
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'PodLogOptions' }, pod, errors)
  const sinceMillis = seconds !== undefined ? seconds * 1000 : since !== undefined ? now - since : undefined
  return {
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(sinceMillis !== undefined && { sinceMillis }),
  }
}

const STREAMS = ['All', 'Stderr', 'Stdout']

/** In milliseconds. @throws ApiError BadRequest, in Go's words */
function timeOf(text: string): number {
  const millis = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN
  if (!Number.isNaN(millis)) return millis
  const quoted = JSON.stringify(text)
  throw badRequest(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`)
}
