import { forbidden } from '../api/errors.ts'
import { nanoOf } from '../resources/quantity.ts'
import { add, subtract } from './pod-resources.ts'
import { exceeded, isMeasured, listed, masked, matches, unsaid, usageOf } from './quota-usage.ts'
import type { Pod, ResourceQuota } from '../resources/kinds.ts'
import type { AdmissionRequest } from './request.ts'
import type { Amounts } from './pod-resources.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go */

/** Kinds of which an update may use more than before; all others are counted as they are made. */
const GROWING = ['v1/services', 'v1/persistentvolumeclaims']

/**
 * Holds a namespace to its quotas, in which the new usage is noted at once.
 * @returns the quotas whose status says what is used now
 * @throws ApiError Forbidden
 */
export function admitQuota(request: AdmissionRequest): readonly ResourceQuota[] {
  const { operation, resource, namespace, name, object, old, around } = request
  if (namespace === undefined || (operation === 'update' && !GROWING.includes(resource.table))) return []
  const quotas = around.list('ResourceQuota', namespace)
  const interested = quotas.filter((quota) => matches(quota, resource, object))
  if (interested.length === 0) return []
  for (const quota of interested) checkSaid(request, quota)
  const usage = usageOf(resource, object)
  const more = Object.fromEntries(
    Object.entries(old ? subtract(usage, usageOf(resource, old)) : usage).filter(([, amount]) => nanoOf(String(amount)) > 0n),
  )
  return interested.flatMap((quota) => {
    const hard = quota.status?.hard ?? {}
    const requested = masked(more, Object.keys(hard))
    if (Object.keys(requested).length === 0) return []
    const used = add(quota.status?.used ?? {}, requested)
    const over = exceeded(masked(used, Object.keys(requested)), hard)
    if (over.length > 0) {
      const show = (amounts: Amounts) => listed(masked(amounts, over))
      throw forbidden(
        resource,
        name,
        `exceeded quota: ${quota.metadata.name}, requested: ${show(requested)}, used: ${show(quota.status?.used ?? {})}, limited: ${show(hard)}`,
      )
    }
    return [{ ...quota, status: { ...quota.status, used } }]
  })
}

/** @throws ApiError Forbidden for a pod that does not say what the quota counts, and while nobody has counted yet */
function checkSaid({ resource, name, object }: AdmissionRequest, quota: ResourceQuota): void {
  const hard = Object.keys(quota.status?.hard ?? {}).filter((counted) => isMeasured(resource, counted))
  const spec = resource.table === 'v1/pods' ? (object as unknown as Pod).spec : undefined
  const missing = spec ? unsaid(spec, hard) : undefined
  if (missing !== undefined) throw forbidden(resource, name, `failed quota: ${quota.metadata.name}: ${missing}`)
  const uncounted = hard.filter((counted) => quota.status?.used?.[counted] === undefined)
  if (uncounted.length > 0)
    throw forbidden(resource, name, `status unknown for quota: ${quota.metadata.name}, resources: ${uncounted.toSorted().join(',')}`)
}
