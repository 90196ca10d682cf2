import {
  apiServiceRow,
  bindingRow,
  budgetRow,
  claimRow,
  componentStatusRow,
  configMapRow,
  createdRow,
  eventRow,
  leaseRow,
  namespaceRow,
  nodeRow,
  priorityClassRow,
  quotaRow,
  secretRow,
  serviceAccountRow,
  storageClassRow,
  volumeRow,
} from './cluster.ts'
import { autoscalerRow } from './autoscaler.ts'
import { certificateRequestRow } from './certificates.ts'
import {
  csiDriverRow,
  csiNodeRow,
  flowSchemaRow,
  ingressClassRow,
  ipAddressRow,
  policyBindingRow,
  policyRow,
  priorityLevelRow,
  resourceClaimRow,
  resourceSliceRow,
  runtimeClassRow,
  serviceCidrRow,
  volumeAttachmentRow,
  volumeAttributesClassRow,
  webhooksRow,
} from './machinery.ts'
import { endpointSliceRow, endpointsRow, ingressRow, networkPolicyRow, serviceRow } from './network.ts'
import { podRow } from './pods.ts'
import {
  controllerRevisionRow,
  cronJobRow,
  daemonSetRow,
  deploymentRow,
  jobRow,
  podTemplateRow,
  replicaSetRow,
  replicationControllerRow,
  statefulSetRow,
} from './workloads.ts'
import type { Kinds } from '../resources/kinds.ts'
import type { StoredObject } from '../resources/object.ts'
import type { Cell } from './table.ts'

type Row = (object: StoredObject, now: number) => readonly Cell[]

/** A stored object of a table is of its kind: decoding has seen to that. */
function rowOf<K extends keyof Kinds>(_kind: K, row: (object: Kinds[K], now: number) => readonly Cell[]): Row {
  return (object, now) => row(object as unknown as Kinds[K], now)
}

/** How each kind's row is printed, by the table that stores it. */
export const ROWS: { readonly [table: string]: Row } = {
  'v1/componentstatuses': componentStatusRow,
  'v1/configmaps': rowOf('ConfigMap', configMapRow),
  'v1/endpoints': rowOf('Endpoints', endpointsRow),
  'v1/events': rowOf('Event', eventRow),
  'v1/limitranges': createdRow,
  'v1/namespaces': rowOf('Namespace', namespaceRow),
  'v1/nodes': rowOf('Node', nodeRow),
  'v1/persistentvolumeclaims': rowOf('PersistentVolumeClaim', claimRow),
  'v1/persistentvolumes': rowOf('PersistentVolume', volumeRow),
  'v1/pods': rowOf('Pod', podRow),
  'v1/podtemplates': rowOf('PodTemplate', podTemplateRow),
  'v1/replicationcontrollers': rowOf('ReplicationController', replicationControllerRow),
  'v1/resourcequotas': rowOf('ResourceQuota', quotaRow),
  'v1/secrets': rowOf('Secret', secretRow),
  'v1/serviceaccounts': rowOf('ServiceAccount', serviceAccountRow),
  'v1/services': rowOf('Service', serviceRow),
  'admissionregistration.k8s.io/v1/mutatingadmissionpolicies': policyRow('mutations'),
  'admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings': policyBindingRow,
  'admissionregistration.k8s.io/v1/mutatingwebhookconfigurations': webhooksRow,
  'admissionregistration.k8s.io/v1/validatingadmissionpolicies': policyRow('validations'),
  'admissionregistration.k8s.io/v1/validatingadmissionpolicybindings': policyBindingRow,
  'admissionregistration.k8s.io/v1/validatingwebhookconfigurations': webhooksRow,
  'apiregistration.k8s.io/v1/apiservices': rowOf('APIService', apiServiceRow),
  'apps/v1/controllerrevisions': rowOf('ControllerRevision', controllerRevisionRow),
  'apps/v1/daemonsets': rowOf('DaemonSet', daemonSetRow),
  'apps/v1/deployments': rowOf('Deployment', deploymentRow),
  'apps/v1/replicasets': rowOf('ReplicaSet', replicaSetRow),
  'apps/v1/statefulsets': rowOf('StatefulSet', statefulSetRow),
  'autoscaling/v2/horizontalpodautoscalers': rowOf('HorizontalPodAutoscaler', autoscalerRow),
  'batch/v1/cronjobs': rowOf('CronJob', cronJobRow),
  'batch/v1/jobs': rowOf('Job', jobRow),
  'certificates.k8s.io/v1/certificatesigningrequests': certificateRequestRow,
  'coordination.k8s.io/v1/leases': rowOf('Lease', leaseRow),
  'discovery.k8s.io/v1/endpointslices': rowOf('EndpointSlice', endpointSliceRow),
  'flowcontrol.apiserver.k8s.io/v1/flowschemas': flowSchemaRow,
  'flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations': priorityLevelRow,
  'networking.k8s.io/v1/ingressclasses': ingressClassRow,
  'networking.k8s.io/v1/ingresses': rowOf('Ingress', ingressRow),
  'networking.k8s.io/v1/ipaddresses': ipAddressRow,
  'networking.k8s.io/v1/networkpolicies': rowOf('NetworkPolicy', networkPolicyRow),
  'networking.k8s.io/v1/servicecidrs': serviceCidrRow,
  'node.k8s.io/v1/runtimeclasses': runtimeClassRow,
  'policy/v1/poddisruptionbudgets': rowOf('PodDisruptionBudget', budgetRow),
  'rbac.authorization.k8s.io/v1/clusterrolebindings': rowOf('ClusterRoleBinding', bindingRow),
  'rbac.authorization.k8s.io/v1/rolebindings': rowOf('RoleBinding', bindingRow),
  'resource.k8s.io/v1/resourceclaims': resourceClaimRow,
  'resource.k8s.io/v1/resourceslices': resourceSliceRow,
  'scheduling.k8s.io/v1/priorityclasses': rowOf('PriorityClass', priorityClassRow),
  'storage.k8s.io/v1/csidrivers': csiDriverRow,
  'storage.k8s.io/v1/csinodes': csiNodeRow,
  'storage.k8s.io/v1/storageclasses': rowOf('StorageClass', storageClassRow),
  'storage.k8s.io/v1/volumeattachments': volumeAttachmentRow,
  'storage.k8s.io/v1/volumeattributesclasses': volumeAttributesClassRow,
}
