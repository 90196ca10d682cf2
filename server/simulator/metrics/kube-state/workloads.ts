import { collector, conditionParts, namespaced, secondsOf, yes } from './collect.ts'
import { resourceLabels } from './collect.ts'
import { quantityNumber } from '../../images/machine-builder.ts'
import type { Api } from '../../api/door.ts'
import type { Labels } from '../exposition.ts'
import type { Family } from '../exposition.ts'

type Owned = {
  readonly metadata: {
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly controller?: boolean }[]
  }
}

function ownerLabels({ metadata }: Owned): Labels {
  const owner = metadata.ownerReferences?.[0]
  return {
    owner_kind: owner?.kind ?? '',
    owner_name: owner?.name ?? '',
    owner_is_controller: owner ? String(owner.controller ?? false) : '',
  }
}

/** A number or a share of replicas, as the controllers round them. */
function scaled(value: number | string | undefined, of: number, up: boolean): number {
  if (typeof value === 'number') return value
  const share = (Number.parseFloat(value ?? '25%') / 100) * of
  return up ? Math.ceil(share) : Math.floor(share)
}

function deploymentFamilies(api: Api): Family[] {
  const { one, many, created, labels } = collector(api.list('Deployment'), namespaced('deployment'))
  const stable = (text: string) => `[STABLE] ${text}`
  return [
    created('kube_deployment_created'),
    labels('kube_deployment_labels'),
    one(
      'kube_deployment_metadata_generation',
      stable('Sequence number representing a specific generation of the desired state.'),
      ({ metadata }) => metadata.generation,
    ),
    one(
      'kube_deployment_spec_paused',
      stable('Whether the deployment is paused and will not be processed by the deployment controller.'),
      ({ spec }) => yes(spec?.paused),
    ),
    one('kube_deployment_spec_replicas', stable('Number of desired pods for a deployment.'), ({ spec }) => spec?.replicas),
    one(
      'kube_deployment_spec_strategy_rollingupdate_max_unavailable',
      stable('Maximum number of unavailable replicas during a rolling update of a deployment.'),
      ({ spec }) =>
        spec?.strategy?.type === 'Recreate' ? undefined : scaled(spec?.strategy?.rollingUpdate?.maxUnavailable, spec?.replicas ?? 1, false),
    ),
    one(
      'kube_deployment_spec_strategy_rollingupdate_max_surge',
      stable(
        'Maximum number of replicas that can be scheduled above the desired number of replicas during a rolling update of a deployment.',
      ),
      ({ spec }) =>
        spec?.strategy?.type === 'Recreate' ? undefined : scaled(spec?.strategy?.rollingUpdate?.maxSurge, spec?.replicas ?? 1, true),
    ),
    one('kube_deployment_status_replicas', stable('The number of replicas per deployment.'), ({ status }) => status?.replicas ?? 0),
    one(
      'kube_deployment_status_replicas_ready',
      stable('The number of ready replicas per deployment.'),
      ({ status }) => status?.readyReplicas ?? 0,
    ),
    one(
      'kube_deployment_status_replicas_available',
      stable('The number of available replicas per deployment.'),
      ({ status }) => status?.availableReplicas ?? 0,
    ),
    one(
      'kube_deployment_status_replicas_unavailable',
      stable('The number of unavailable replicas per deployment.'),
      ({ status }) => status?.unavailableReplicas ?? 0,
    ),
    one(
      'kube_deployment_status_replicas_updated',
      stable('The number of updated replicas per deployment.'),
      ({ status }) => status?.updatedReplicas ?? 0,
    ),
    one(
      'kube_deployment_status_observed_generation',
      stable('The generation observed by the deployment controller.'),
      ({ status }) => status?.observedGeneration,
    ),
    many('kube_deployment_status_condition', stable('The current status conditions of a deployment.'), ({ status }) =>
      (status?.conditions ?? []).flatMap(({ type, status: is, reason }) =>
        ['true', 'false', 'unknown'].map(
          (each) => [{ reason: reason ?? '', condition: type, status: each }, yes(is.toLowerCase() === each)] as const,
        ),
      ),
    ),
  ]
}

function replicaSetFamilies(api: Api): Family[] {
  const { one, many, created, labels } = collector(api.list('ReplicaSet'), namespaced('replicaset'))
  return [
    created('kube_replicaset_created'),
    labels('kube_replicaset_labels'),
    many('kube_replicaset_owner', "[STABLE] Information about the ReplicaSet's owner.", (each) => [[ownerLabels(each), 1]]),
    one(
      'kube_replicaset_metadata_generation',
      '[STABLE] Sequence number representing a specific generation of the desired state.',
      ({ metadata }) => metadata.generation,
    ),
    one('kube_replicaset_spec_replicas', '[STABLE] Number of desired pods for a ReplicaSet.', ({ spec }) => spec?.replicas),
    one('kube_replicaset_status_replicas', '[STABLE] The number of replicas per ReplicaSet.', ({ status }) => status?.replicas ?? 0),
    one(
      'kube_replicaset_status_fully_labeled_replicas',
      '[STABLE] The number of fully labeled replicas per ReplicaSet.',
      ({ status }) => status?.fullyLabeledReplicas ?? 0,
    ),
    one(
      'kube_replicaset_status_ready_replicas',
      '[STABLE] The number of ready replicas per ReplicaSet.',
      ({ status }) => status?.readyReplicas ?? 0,
    ),
    one(
      'kube_replicaset_status_observed_generation',
      '[STABLE] The generation observed by the ReplicaSet controller.',
      ({ status }) => status?.observedGeneration ?? 0,
    ),
  ]
}

function daemonSetFamilies(api: Api): Family[] {
  const { one, created, labels } = collector(api.list('DaemonSet'), namespaced('daemonset'))
  return [
    created('kube_daemonset_created'),
    labels('kube_daemonset_labels'),
    one(
      'kube_daemonset_metadata_generation',
      '[STABLE] Sequence number representing a specific generation of the desired state.',
      ({ metadata }) => metadata.generation,
    ),
    one(
      'kube_daemonset_status_current_number_scheduled',
      '[STABLE] The number of nodes running at least one daemon pod and are supposed to.',
      ({ status }) => status?.currentNumberScheduled ?? 0,
    ),
    one(
      'kube_daemonset_status_desired_number_scheduled',
      '[STABLE] The number of nodes that should be running the daemon pod.',
      ({ status }) => status?.desiredNumberScheduled ?? 0,
    ),
    one(
      'kube_daemonset_status_number_available',
      '[STABLE] The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available',
      ({ status }) => status?.numberAvailable ?? 0,
    ),
    one(
      'kube_daemonset_status_number_misscheduled',
      '[STABLE] The number of nodes running a daemon pod but are not supposed to.',
      ({ status }) => status?.numberMisscheduled ?? 0,
    ),
    one(
      'kube_daemonset_status_number_ready',
      '[STABLE] The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and ready.',
      ({ status }) => status?.numberReady ?? 0,
    ),
    one(
      'kube_daemonset_status_number_unavailable',
      '[STABLE] The number of nodes that should be running the daemon pod and have none of the daemon pod running and available',
      ({ status }) => status?.numberUnavailable ?? 0,
    ),
    one(
      'kube_daemonset_status_observed_generation',
      '[STABLE] The most recent generation observed by the daemon set controller.',
      ({ status }) => status?.observedGeneration ?? 0,
    ),
    one(
      'kube_daemonset_status_updated_number_scheduled',
      '[STABLE] The total number of nodes that are running updated daemon pod',
      ({ status }) => status?.updatedNumberScheduled ?? 0,
    ),
  ]
}

function statefulSetFamilies(api: Api): Family[] {
  const { one, many, created, labels } = collector(api.list('StatefulSet'), namespaced('statefulset'))
  return [
    created('kube_statefulset_created'),
    labels('kube_statefulset_labels'),
    one(
      'kube_statefulset_metadata_generation',
      '[STABLE] Sequence number representing a specific generation of the desired state for the StatefulSet.',
      ({ metadata }) => metadata.generation,
    ),
    one('kube_statefulset_replicas', '[STABLE] Number of desired pods for a StatefulSet.', ({ spec }) => spec?.replicas),
    one('kube_statefulset_status_replicas', '[STABLE] The number of replicas per StatefulSet.', ({ status }) => status?.replicas ?? 0),
    one(
      'kube_statefulset_status_replicas_available',
      'The number of available replicas per StatefulSet.',
      ({ status }) => status?.availableReplicas ?? 0,
    ),
    one(
      'kube_statefulset_status_replicas_current',
      '[STABLE] The number of current replicas per StatefulSet.',
      ({ status }) => status?.currentReplicas ?? 0,
    ),
    one(
      'kube_statefulset_status_replicas_ready',
      '[STABLE] The number of ready replicas per StatefulSet.',
      ({ status }) => status?.readyReplicas ?? 0,
    ),
    one(
      'kube_statefulset_status_replicas_updated',
      '[STABLE] The number of updated replicas per StatefulSet.',
      ({ status }) => status?.updatedReplicas ?? 0,
    ),
    one(
      'kube_statefulset_status_observed_generation',
      '[STABLE] The generation observed by the StatefulSet controller.',
      ({ status }) => status?.observedGeneration ?? 0,
    ),
    many(
      'kube_statefulset_status_current_revision',
      '[STABLE] Indicates the version of the StatefulSet used to generate Pods in the sequence [0,currentReplicas).',
      ({ status }) => [[{ revision: status?.currentRevision ?? '' }, 1]],
    ),
    many(
      'kube_statefulset_status_update_revision',
      '[STABLE] Indicates the version of the StatefulSet used to generate Pods in the sequence [replicas-updatedReplicas,replicas)',
      ({ status }) => [[{ revision: status?.updateRevision ?? '' }, 1]],
    ),
  ]
}

function jobFamilies(api: Api): Family[] {
  const { one, many, created, labels } = collector(api.list('Job'), namespaced('job_name'))
  const condition = (type: string) => (job: ReturnType<typeof api.list<'Job'>>[number]) => {
    const found = job.status?.conditions?.find((each) => each.type === type)
    return found ? ['true', 'false', 'unknown'].map((each) => [{ condition: each }, yes(found.status.toLowerCase() === each)] as const) : []
  }
  return [
    created('kube_job_created'),
    labels('kube_job_labels'),
    many('kube_job_info', '[STABLE] Information about job.', () => [[{}, 1]]),
    many('kube_job_owner', "[STABLE] Information about the Job's owner.", (each) => [[ownerLabels(each), 1]]),
    one(
      'kube_job_spec_parallelism',
      '[STABLE] The maximum desired number of pods the job should run at any given time.',
      ({ spec }) => spec?.parallelism,
    ),
    one(
      'kube_job_spec_completions',
      '[STABLE] The desired number of successfully finished pods the job should be run with.',
      ({ spec }) => spec?.completions,
    ),
    one(
      'kube_job_spec_active_deadline_seconds',
      '[STABLE] The duration in seconds relative to the startTime that the job may be active before the system tries to terminate it.',
      ({ spec }) => spec?.activeDeadlineSeconds,
    ),
    one('kube_job_status_active', '[STABLE] The number of actively running pods.', ({ status }) => status?.active ?? 0),
    one('kube_job_status_succeeded', '[STABLE] The number of pods which reached Phase Succeeded.', ({ status }) => status?.succeeded ?? 0),
    one(
      'kube_job_status_failed',
      '[STABLE] The number of pods which reached Phase Failed and the reason for failure.',
      ({ status }) => status?.failed ?? 0,
    ),
    one(
      'kube_job_status_start_time',
      '[STABLE] StartTime represents time when the job was acknowledged by the Job Manager.',
      ({ status }) => secondsOf(status?.startTime),
    ),
    one('kube_job_status_completion_time', '[STABLE] CompletionTime represents time when the job was completed.', ({ status }) =>
      secondsOf(status?.completionTime),
    ),
    many('kube_job_complete', '[STABLE] The job has completed its execution.', condition('Complete')),
    many('kube_job_failed', '[STABLE] The job has failed its execution.', condition('Failed')),
  ]
}

function cronJobFamilies(api: Api): Family[] {
  const { one, many, created, labels } = collector(api.list('CronJob'), namespaced('cronjob'))
  return [
    created('kube_cronjob_created'),
    labels('kube_cronjob_labels'),
    many('kube_cronjob_info', '[STABLE] Info about cronjob.', ({ spec }) => [
      [{ schedule: spec?.schedule ?? '', concurrency_policy: spec?.concurrencyPolicy ?? 'Allow', timezone: spec?.timeZone ?? 'local' }, 1],
    ]),
    one('kube_cronjob_spec_suspend', '[STABLE] Suspend flag tells the controller to suspend subsequent executions.', ({ spec }) =>
      yes(spec?.suspend),
    ),
    one(
      'kube_cronjob_spec_successful_job_history_limit',
      'Successful job history limit tells the controller how many completed jobs should be preserved.',
      ({ spec }) => spec?.successfulJobsHistoryLimit,
    ),
    one(
      'kube_cronjob_spec_failed_job_history_limit',
      'Failed job history limit tells the controller how many failed jobs should be preserved.',
      ({ spec }) => spec?.failedJobsHistoryLimit,
    ),
    one(
      'kube_cronjob_status_active',
      '[STABLE] Active holds pointers to currently running jobs.',
      ({ status }) => status?.active?.length ?? 0,
    ),
    one(
      'kube_cronjob_status_last_schedule_time',
      '[STABLE] LastScheduleTime keeps information of when was the last time the job was successfully scheduled.',
      ({ status }) => secondsOf(status?.lastScheduleTime),
    ),
    one(
      'kube_cronjob_status_last_successful_time',
      'LastSuccessfulTime keeps information of when was the last time the job was completed successfully.',
      ({ status }) => secondsOf(status?.lastSuccessfulTime),
    ),
  ]
}

function autoscalerFamilies(api: Api): Family[] {
  const { one, many, created, labels } = collector(api.list('HorizontalPodAutoscaler'), namespaced('horizontalpodautoscaler'))
  return [
    created('kube_horizontalpodautoscaler_created'),
    labels('kube_horizontalpodautoscaler_labels'),
    many('kube_horizontalpodautoscaler_info', 'Information about this autoscaler.', ({ spec }) => [
      [
        {
          scaletargetref_api_version: spec?.scaleTargetRef.apiVersion ?? '',
          scaletargetref_kind: spec?.scaleTargetRef.kind ?? '',
          scaletargetref_name: spec?.scaleTargetRef.name ?? '',
        },
        1,
      ],
    ]),
    one(
      'kube_horizontalpodautoscaler_metadata_generation',
      '[STABLE] The generation observed by the HorizontalPodAutoscaler controller.',
      ({ metadata }) => metadata.generation ?? 0,
    ),
    one(
      'kube_horizontalpodautoscaler_spec_max_replicas',
      '[STABLE] Upper limit for the number of pods that can be set by the autoscaler; cannot be smaller than MinReplicas.',
      ({ spec }) => spec?.maxReplicas,
    ),
    one(
      'kube_horizontalpodautoscaler_spec_min_replicas',
      '[STABLE] Lower limit for the number of pods that can be set by the autoscaler, default 1.',
      ({ spec }) => spec?.minReplicas,
    ),
    one(
      'kube_horizontalpodautoscaler_status_current_replicas',
      '[STABLE] Current number of replicas of pods managed by this autoscaler.',
      ({ status }) => status?.currentReplicas ?? 0,
    ),
    one(
      'kube_horizontalpodautoscaler_status_desired_replicas',
      '[STABLE] Desired number of replicas of pods managed by this autoscaler.',
      ({ status }) => status?.desiredReplicas ?? 0,
    ),
    many('kube_horizontalpodautoscaler_status_condition', '[STABLE] The condition of this autoscaler.', ({ status }) =>
      conditionParts(status?.conditions),
    ),
  ]
}

function budgetFamilies(api: Api): Family[] {
  const { one, created, labels } = collector(api.list('PodDisruptionBudget'), namespaced('poddisruptionbudget'))
  return [
    created('kube_poddisruptionbudget_created'),
    labels('kube_poddisruptionbudget_labels'),
    one(
      'kube_poddisruptionbudget_status_current_healthy',
      '[STABLE] Current number of healthy pods',
      ({ status }) => status?.currentHealthy ?? 0,
    ),
    one(
      'kube_poddisruptionbudget_status_desired_healthy',
      '[STABLE] Minimum desired number of healthy pods',
      ({ status }) => status?.desiredHealthy ?? 0,
    ),
    one(
      'kube_poddisruptionbudget_status_pod_disruptions_allowed',
      '[STABLE] Number of pod disruptions that are currently allowed',
      ({ status }) => status?.disruptionsAllowed ?? 0,
    ),
    one(
      'kube_poddisruptionbudget_status_expected_pods',
      '[STABLE] Total number of pods counted by this disruption budget',
      ({ status }) => status?.expectedPods ?? 0,
    ),
    one(
      'kube_poddisruptionbudget_status_observed_generation',
      '[STABLE] Most recent generation observed when updating this PDB status',
      ({ status }) => status?.observedGeneration ?? 0,
    ),
  ]
}

function quotaFamilies(api: Api): Family[] {
  const quota = collector(api.list('ResourceQuota'), namespaced('resourcequota'))
  const range = collector(api.list('LimitRange'), namespaced('limitrange'))
  const replication = collector(api.list('ReplicationController'), namespaced('replicationcontroller'))
  return [
    quota.created('kube_resourcequota_created'),
    quota.many('kube_resourcequota', '[STABLE] Information about resource quota.', ({ status }) =>
      (['hard', 'used'] as const).flatMap((type) =>
        Object.entries(status?.[type] ?? {}).map(([resource, value]) => [{ resource, type }, quantityNumber(value)] as const),
      ),
    ),
    range.created('kube_limitrange_created'),
    range.many('kube_limitrange', '[STABLE] Information about limit range.', ({ spec }) =>
      (spec?.limits ?? []).flatMap((limit) =>
        (['min', 'max', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const).flatMap((constraint) =>
          Object.entries(limit[constraint] ?? {}).map(
            ([resource, value]) =>
              [
                { resource: resourceLabels(resource)['resource'] ?? '', type: limit.type ?? '', constraint },
                quantityNumber(value),
              ] as const,
          ),
        ),
      ),
    ),
    replication.created('kube_replicationcontroller_created'),
    replication.one(
      'kube_replicationcontroller_spec_replicas',
      '[STABLE] Number of desired pods for a ReplicationController.',
      ({ spec }) => spec?.replicas,
    ),
    replication.one(
      'kube_replicationcontroller_status_replicas',
      '[STABLE] The number of replicas per ReplicationController.',
      ({ status }) => status?.replicas ?? 0,
    ),
    replication.one(
      'kube_replicationcontroller_status_ready_replicas',
      '[STABLE] The number of ready replicas per ReplicationController.',
      ({ status }) => status?.readyReplicas ?? 0,
    ),
    replication.one(
      'kube_replicationcontroller_status_available_replicas',
      '[STABLE] The number of available replicas per ReplicationController.',
      ({ status }) => status?.availableReplicas ?? 0,
    ),
  ]
}

/** What kube-state-metrics says of everything that makes pods, and of what bounds them. */
export function workloadFamilies(api: Api): Family[] {
  return [
    ...deploymentFamilies(api),
    ...replicaSetFamilies(api),
    ...daemonSetFamilies(api),
    ...statefulSetFamilies(api),
    ...jobFamilies(api),
    ...cronJobFamilies(api),
    ...autoscalerFamilies(api),
    ...budgetFamilies(api),
    ...quotaFamilies(api),
  ]
}
