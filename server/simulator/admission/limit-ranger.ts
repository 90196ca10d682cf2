import { forbidden } from '../api/errors.ts'
import { child, children, ensure, text } from '../resources/draft.ts'
import { nanoOf } from '../resources/quantity.ts'
import { sumLimits, sumRequests } from './pod-resources.ts'
import type { LimitRange, PersistentVolumeClaim, Pod } from '../resources/kinds.ts'
import type { Draft } from '../resources/object.ts'
import type { AdmissionRequest, MutationRequest } from './request.ts'
import type { Amounts } from './pod-resources.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/limitranger/admission.go */

type Limit = NonNullable<LimitRange['spec']>['limits'][number]

/** Gives containers the requests and limits that the namespace's limit ranges have for those who name none. */
export function defaultLimits({ resource, namespace, draft, around }: MutationRequest): void {
  if (resource.table !== 'v1/pods') return
  for (const range of around.list('LimitRange', namespace)) {
    const limits = (range.spec?.limits ?? []).filter(({ type }) => type === 'Container')
    const requests = Object.assign({}, ...limits.map(({ defaultRequest }) => defaultRequest)) as Amounts
    const most = Object.assign({}, ...limits.map((limit) => limit.default)) as Amounts
    const spec = ensure(draft, 'spec')
    const said = [
      ...children(spec, 'containers').flatMap((container) => fill(container, 'container', requests, most)),
      ...children(spec, 'initContainers').flatMap((container) => fill(container, 'init container', requests, most)),
    ]
    if (said.length > 0)
      ensure(ensure(draft, 'metadata'), 'annotations')['kubernetes.io/limit-ranger'] = `LimitRanger plugin set: ${said.join('; ')}`
  }
}

function fill(container: Draft, what: string, requests: Amounts, limits: Amounts): string[] {
  const set = (part: 'requests' | 'limits', defaults: Amounts) => {
    const current = child(child(container, 'resources'), part)
    const missing = Object.keys(defaults)
      .filter((name) => current?.[name] === undefined)
      .toSorted()
    for (const name of missing) ensure(ensure(container, 'resources'), part)[name] = String(defaults[name])
    return missing.length > 0
      ? [`${missing.join(', ')} ${part === 'requests' ? 'request' : 'limit'} for ${what} ${text(container, 'name') ?? ''}`]
      : []
  }
  return [...set('requests', requests), ...set('limits', limits)]
}

/** @throws ApiError Forbidden for a pod or claim beyond the namespace's limits */
export function checkLimits({ operation, resource, namespace, name, object, around }: AdmissionRequest): void {
  const isPod = resource.table === 'v1/pods'
  if (!isPod && resource.table !== 'v1/persistentvolumeclaims') return
  // A pod's containers cannot change.
  if (isPod && operation === 'update') return
  for (const range of around.list('LimitRange', namespace)) {
    const wrong = (range.spec?.limits ?? []).flatMap((limit) =>
      isPod ? podErrors(object as unknown as Pod, limit) : claimErrors(object as unknown as PersistentVolumeClaim, limit),
    )
    const only = wrong.length === 1 ? wrong[0] : undefined
    if (wrong.length > 0) throw forbidden(resource, name, only ?? `[${[...new Set(wrong)].join(', ')}]`)
  }
}

function podErrors({ spec }: Pod, limit: Limit): string[] {
  if (!spec) return []
  if (limit.type === 'Pod') return errors(limit, sumRequests(spec), sumLimits(spec))
  if (limit.type !== 'Container') return []
  return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
    errors(limit, resources?.requests ?? {}, resources?.limits ?? {}),
  )
}

function claimErrors({ spec }: PersistentVolumeClaim, limit: Limit): string[] {
  if (limit.type !== 'PersistentVolumeClaim') return []
  const requests = spec?.resources?.requests ?? {}
  return [
    ...each(limit.min, (name, least) => tooLittle(limit.type, name, least, requests, {})),
    ...each(limit.max, (name, most) => tooMuchRequested(limit.type, name, most, requests)),
  ]
}

function errors(limit: Limit, requests: Amounts, limits: Amounts): string[] {
  return [
    ...each(limit.min, (name, least) => tooLittle(limit.type, name, least, requests, limits)),
    ...each(limit.max, (name, most) => tooMuch(limit.type, name, most, requests, limits)),
    ...each(limit.maxLimitRequestRatio, (name, most) => tooFarApart(limit.type, name, most, requests, limits)),
  ]
}

function each(amounts: Amounts | undefined, check: (name: string, amount: string) => string | undefined): string[] {
  return Object.keys(amounts ?? {})
    .toSorted()
    .flatMap((name) => check(name, String(amounts?.[name])) ?? [])
}

const given = (amounts: Amounts, name: string) => (amounts[name] === undefined ? undefined : String(amounts[name]))

function tooLittle(type: string, name: string, least: string, requests: Amounts, limits: Amounts): string | undefined {
  const [request, limit] = [given(requests, name), given(limits, name)]
  const rule = `minimum ${name} usage per ${type} is ${least}`
  if (request === undefined) return `${rule}.  No request is specified`
  if (nanoOf(request) < nanoOf(least)) return `${rule}, but request is ${request}`
  return limit !== undefined && nanoOf(limit) < nanoOf(least) ? `${rule}, but limit is ${limit}` : undefined
}

function tooMuch(type: string, name: string, most: string, requests: Amounts, limits: Amounts): string | undefined {
  const [request, limit] = [given(requests, name), given(limits, name)]
  const rule = `maximum ${name} usage per ${type} is ${most}`
  if (limit === undefined) return `${rule}.  No limit is specified`
  if (nanoOf(limit) > nanoOf(most)) return `${rule}, but limit is ${limit}`
  return request !== undefined && nanoOf(request) > nanoOf(most) ? `${rule}, but request is ${request}` : undefined
}

function tooMuchRequested(type: string, name: string, most: string, requests: Amounts): string | undefined {
  const request = given(requests, name)
  const rule = `maximum ${name} usage per ${type} is ${most}`
  if (request === undefined) return `${rule}.  No request is specified`
  return nanoOf(request) > nanoOf(most) ? `${rule}, but request is ${request}` : undefined
}

function tooFarApart(type: string, name: string, most: string, requests: Amounts, limits: Amounts): string | undefined {
  const [request, limit] = [nanoOf(given(requests, name)), nanoOf(given(limits, name))]
  const rule = `${name} max limit to request ratio per ${type} is ${most}`
  if (request === 0n) return `${rule}, but no request is specified or request is 0`
  if (limit === 0n) return `${rule}, but no limit is specified or limit is 0`
  const ratio = Number(limit) / Number(request)
  // The words show thousandths of the ratio, for so it is compared.
  return ratio > Number(nanoOf(most)) / 1e9 ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined
}
