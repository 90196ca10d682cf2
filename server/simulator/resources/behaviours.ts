import { apiService } from './api-service.ts'
import { certificateRequest } from './certificate-request.ts'
import { definition } from '../custom/definition.ts'
import { configMap, namespace, secret, serviceAccount } from './config.ts'
import { endpoints } from './endpoints.ts'
import { event } from './event.ts'
import { node } from './node.ts'
import { controllerRevision } from './controller-revision.ts'
import { daemonSet } from './daemon-set.ts'
import { cronJob } from './cron-job.ts'
import { job } from './job.ts'
import { limitRange } from './limit-range.ts'
import { resourceQuota } from './quota.ts'
import { pod } from './pod.ts'
import { horizontalPodAutoscaler } from './autoscaler.ts'
import { podDisruptionBudget } from './disruption-budget.ts'
import { endpointSlice } from './endpoint-slice.ts'
import { ingressClass } from './ingress-class.ts'
import { ingress } from './ingress.ts'
import { lease } from './lease.ts'
import { networkPolicy } from './network-policy.ts'
import { priorityClass } from './priority-class.ts'
import { role, roleBinding } from './rbac.ts'
import { ipAddress, serviceCidr } from './service-networks.ts'
import { service } from './service.ts'
import { mutatingPolicy, policyBinding, validatingPolicy } from './admission-policies.ts'
import { webhookConfiguration } from './webhooks.ts'
import { flowSchema, priorityLevel } from './flow-control.ts'
import { runtimeClass } from './runtime-class.ts'
import { statefulSet } from './stateful-set.ts'
import { csiDriver, csiNode, csiStorageCapacity, volumeAttachment } from './csi.ts'
import { persistentVolume } from './persistent-volume.ts'
import { storageClass, volumeAttributesClass } from './storage-class.ts'
import { persistentVolumeClaim } from './storage.ts'
import { deployment, podTemplate, replicaSet, replicationController } from './workloads.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { Resource } from './registry.ts'

const NOTHING: KindBehaviour = {}

/** Kinds with behaviour of their own, by the table that stores them. */
const BEHAVIOURS: { readonly [table: string]: KindBehaviour } = {
  'v1/configmaps': configMap,
  'v1/endpoints': endpoints,
  'v1/events': event,
  'v1/limitranges': limitRange,
  'v1/namespaces': namespace,
  'v1/nodes': node,
  'v1/persistentvolumeclaims': persistentVolumeClaim,
  'v1/persistentvolumes': persistentVolume,
  'v1/pods': pod,
  'v1/podtemplates': podTemplate,
  'v1/replicationcontrollers': replicationController,
  'v1/resourcequotas': resourceQuota,
  'v1/secrets': secret,
  'v1/serviceaccounts': serviceAccount,
  'v1/services': service,
  'admissionregistration.k8s.io/v1/mutatingadmissionpolicies': mutatingPolicy,
  'admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings': policyBinding,
  'admissionregistration.k8s.io/v1/mutatingwebhookconfigurations': webhookConfiguration,
  'admissionregistration.k8s.io/v1/validatingadmissionpolicies': validatingPolicy,
  'admissionregistration.k8s.io/v1/validatingadmissionpolicybindings': policyBinding,
  'admissionregistration.k8s.io/v1/validatingwebhookconfigurations': webhookConfiguration,
  'apiextensions.k8s.io/v1/customresourcedefinitions': definition,
  'apiregistration.k8s.io/v1/apiservices': apiService,
  'apps/v1/controllerrevisions': controllerRevision,
  'apps/v1/daemonsets': daemonSet,
  'apps/v1/deployments': deployment,
  'apps/v1/replicasets': replicaSet,
  'apps/v1/statefulsets': statefulSet,
  'autoscaling/v2/horizontalpodautoscalers': horizontalPodAutoscaler,
  'batch/v1/cronjobs': cronJob,
  'batch/v1/jobs': job,
  'certificates.k8s.io/v1/certificatesigningrequests': certificateRequest,
  'coordination.k8s.io/v1/leases': lease,
  'discovery.k8s.io/v1/endpointslices': endpointSlice,
  'flowcontrol.apiserver.k8s.io/v1/flowschemas': flowSchema,
  'flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations': priorityLevel,
  'networking.k8s.io/v1/ingressclasses': ingressClass,
  'networking.k8s.io/v1/ingresses': ingress,
  'networking.k8s.io/v1/ipaddresses': ipAddress,
  'networking.k8s.io/v1/networkpolicies': networkPolicy,
  'networking.k8s.io/v1/servicecidrs': serviceCidr,
  'node.k8s.io/v1/runtimeclasses': runtimeClass,
  'policy/v1/poddisruptionbudgets': podDisruptionBudget,
  'rbac.authorization.k8s.io/v1/clusterrolebindings': roleBinding,
  'rbac.authorization.k8s.io/v1/clusterroles': role,
  'rbac.authorization.k8s.io/v1/rolebindings': roleBinding,
  'rbac.authorization.k8s.io/v1/roles': role,
  'scheduling.k8s.io/v1/priorityclasses': priorityClass,
  'storage.k8s.io/v1/csidrivers': csiDriver,
  'storage.k8s.io/v1/csinodes': csiNode,
  'storage.k8s.io/v1/csistoragecapacities': csiStorageCapacity,
  'storage.k8s.io/v1/storageclasses': storageClass,
  'storage.k8s.io/v1/volumeattachments': volumeAttachment,
  'storage.k8s.io/v1/volumeattributesclasses': volumeAttributesClass,
}

export function behaviourOf(resource: Resource): KindBehaviour {
  return resource.custom?.behaviour ?? BEHAVIOURS[resource.table] ?? NOTHING
}
