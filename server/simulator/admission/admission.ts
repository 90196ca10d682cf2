import { forbidden } from '../api/errors.ts'
import { checkLimits, defaultLimits } from './limit-ranger.ts'
import { admitPodSecurity } from './pod-security.ts'
import { admitQuota } from './quota.ts'
import { admitPolicies } from './validating-policy.ts'
import { overheadRefusal } from '../resources/pod-runtime-class.ts'
import { nanoOf } from '../resources/quantity.ts'
import type { PersistentVolumeClaim, Pod, PriorityClass, ResourceQuota } from '../resources/kinds.ts'
import type { Draft } from '../resources/object.ts'
import type { AdmissionRequest, MutationRequest } from './request.ts'

/**
 * What the API server's admission plugins do beyond what belongs to a single kind.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */

/** Fills in what policy has for those who say nothing. Before validation, on create. */
export function mutate(request: MutationRequest): void {
  defaultLimits(request)
}

/**
 * Whether a valid object may be stored.
 * @returns quotas that have to be stored with it
 * @throws ApiError Forbidden
 */
export function admit(request: AdmissionRequest): readonly ResourceQuota[] {
  checkLimits(request)
  admitPodSecurity(request)
  if (request.resource.table === 'scheduling.k8s.io/v1/priorityclasses') checkDefaultPriority(request)
  if (request.resource.table === 'v1/pods' && request.operation === 'create') checkOverhead(request)
  if (request.resource.table === 'v1/persistentvolumeclaims' && request.operation === 'update') checkExpansion(request)
  admitPolicies(request)
  // Last, as it counts what is let in.
  return admitQuota(request)
}

function checkOverhead({ resource, name, object, around }: AdmissionRequest): void {
  const { spec } = object as unknown as Pod
  const named = spec?.runtimeClassName
  const rejected = overheadRefusal({ ...spec } as Draft, named === undefined ? undefined : around.get('RuntimeClass', undefined, named))
  if (rejected) throw forbidden(resource, name, rejected)
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/storage/persistentvolume/resize/admission.go */
function checkExpansion({ resource, name, object, old, around }: AdmissionRequest): void {
  const [claim, before] = [object, old].map((one) => one as unknown as PersistentVolumeClaim)
  const size = (of: PersistentVolumeClaim | undefined) => nanoOf(String(of?.spec?.resources?.requests?.['storage'] ?? '0'))
  if (size(claim) <= size(before)) return
  if (before?.status?.phase !== 'Bound') throw forbidden(resource, name, 'Only bound persistent volume claims can be expanded')
  const className = claim?.spec?.storageClassName
  const grows = className && className === before.spec?.storageClassName && around.get('StorageClass', undefined, className)
  if (!grows || !grows.allowVolumeExpansion) {
    throw forbidden(
      resource,
      name,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
  }
}

function checkDefaultPriority({ operation, resource, name, object, around }: AdmissionRequest): void {
  if (!(object as unknown as PriorityClass).globalDefault) return
  const current = around.list('PriorityClass').find((one) => one.globalDefault)
  if (!current || (operation === 'update' && current.metadata.name === name)) return
  throw forbidden(resource, name, `PriorityClass ${current.metadata.name} is already marked as default. Only one default can exist`)
}
