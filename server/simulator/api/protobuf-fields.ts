/**
 * The numbers of the fields of the messages that kubectl sends as protobuf: facts of the wire format, by schema name.
 * A list's position is the field's number; empty places are numbers that are not used, or not sent.
 * What kubectl sends from files and patches is JSON; only its generators (`create deployment`, …) and reviews come this way.
 */
const OBJECT = ',metadata,spec,status'

const CORE = 'io.k8s.api.core.v1.'
const APPS = 'io.k8s.api.apps.v1.'
const BATCH = 'io.k8s.api.batch.v1.'
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const NETWORKING = 'io.k8s.api.networking.v1.'
const RBAC = 'io.k8s.api.rbac.v1.'
const SCALING = 'io.k8s.api.autoscaling.'
const AUTHORIZATION = 'io.k8s.api.authorization.v1.'
const AUTHENTICATION = 'io.k8s.api.authentication.v1.'
const POLICY = 'io.k8s.api.policy.v1.'

export const FIELD_NUMBERS: { readonly [schema: string]: string } = {
  [`${META}ObjectMeta`]: ',name,generateName,namespace,selfLink,uid,resourceVersion,generation,creationTimestamp,deletionTimestamp,deletionGracePeriodSeconds,labels,annotations,ownerReferences,finalizers,,,managedFields',
  [`${META}OwnerReference`]: ',kind,,name,uid,apiVersion,controller,blockOwnerDeletion',
  [`${META}LabelSelector`]: ',matchLabels,matchExpressions',
  [`${META}LabelSelectorRequirement`]: ',key,operator,values',
  [`${META}DeleteOptions`]: ',gracePeriodSeconds,preconditions,orphanDependents,propagationPolicy,dryRun',
  [`${META}Preconditions`]: ',uid,resourceVersion',
  [`${CORE}Namespace`]: OBJECT,
  [`${CORE}NamespaceSpec`]: ',finalizers',
  [`${CORE}NamespaceStatus`]: ',phase,conditions',
  [`${CORE}ConfigMap`]: ',metadata,data,binaryData,immutable',
  [`${CORE}Secret`]: ',metadata,data,type,stringData,immutable',
  [`${CORE}Service`]: OBJECT,
  [`${CORE}ServiceSpec`]: ',ports,selector,clusterIP,type,externalIPs,,sessionAffinity,loadBalancerIP,loadBalancerSourceRanges,externalName,externalTrafficPolicy,healthCheckNodePort,publishNotReadyAddresses,sessionAffinityConfig,,,ipFamilyPolicy,clusterIPs,ipFamilies,allocateLoadBalancerNodePorts,loadBalancerClass,internalTrafficPolicy,trafficDistribution',
  [`${CORE}ServicePort`]: ',name,protocol,port,targetPort,nodePort,appProtocol',
  [`${CORE}ServiceAccount`]: ',metadata,secrets,imagePullSecrets,automountServiceAccountToken',
  [`${CORE}LocalObjectReference`]: ',name',
  [`${CORE}ResourceQuota`]: OBJECT,
  [`${CORE}ResourceQuotaSpec`]: ',hard,scopes,scopeSelector',
  [`${CORE}Pod`]: OBJECT,
  [`${CORE}PodTemplateSpec`]: ',metadata,spec',
  [`${CORE}PodSpec`]: ',volumes,containers,restartPolicy,terminationGracePeriodSeconds,activeDeadlineSeconds,dnsPolicy,nodeSelector,serviceAccountName,serviceAccount,nodeName,hostNetwork,hostPID,hostIPC,securityContext,imagePullSecrets,hostname,subdomain,affinity,schedulerName,initContainers,automountServiceAccountToken,tolerations,hostAliases,priorityClassName,priority,dnsConfig,shareProcessNamespace,readinessGates,runtimeClassName,enableServiceLinks,preemptionPolicy,overhead,topologySpreadConstraints,ephemeralContainers,setHostnameAsFQDN,os,hostUsers,schedulingGates,resourceClaims,resources',
  [`${CORE}Container`]: ',name,image,command,args,workingDir,ports,env,resources,volumeMounts,livenessProbe,readinessProbe,lifecycle,terminationMessagePath,imagePullPolicy,securityContext,stdin,stdinOnce,tty,envFrom,terminationMessagePolicy,volumeDevices,startupProbe,resizePolicy,restartPolicy',
  [`${CORE}ContainerPort`]: ',name,hostPort,containerPort,protocol,hostIP',
  [`${CORE}EnvVar`]: ',name,value,valueFrom',
  [`${CORE}ResourceRequirements`]: ',limits,requests,claims',
  [`${CORE}Toleration`]: ',key,operator,value,effect,tolerationSeconds',
  [`${APPS}Deployment`]: OBJECT,
  [`${APPS}DeploymentSpec`]: ',replicas,selector,template,strategy,minReadySeconds,revisionHistoryLimit,paused,,progressDeadlineSeconds',
  [`${APPS}DeploymentStrategy`]: ',type,rollingUpdate',
  [`${APPS}RollingUpdateDeployment`]: ',maxUnavailable,maxSurge',
  [`${BATCH}Job`]: OBJECT,
  [`${BATCH}JobSpec`]: ',parallelism,completions,activeDeadlineSeconds,selector,manualSelector,template,backoffLimit,ttlSecondsAfterFinished,completionMode,suspend,podFailurePolicy,backoffLimitPerIndex,maxFailedIndexes,podReplacementPolicy,managedBy,successPolicy',
  [`${BATCH}CronJob`]: OBJECT,
  [`${BATCH}CronJobSpec`]: ',schedule,startingDeadlineSeconds,concurrencyPolicy,suspend,jobTemplate,successfulJobsHistoryLimit,failedJobsHistoryLimit,timeZone',
  [`${BATCH}JobTemplateSpec`]: ',metadata,spec',
  [`${NETWORKING}Ingress`]: OBJECT,
  [`${NETWORKING}IngressSpec`]: ',defaultBackend,tls,rules,ingressClassName',
  [`${NETWORKING}IngressTLS`]: ',hosts,secretName',
  // Go embeds the rule's value, so JSON has its fields in the rule itself.
  [`${NETWORKING}IngressRule`]: ',host,+http',
  [`${NETWORKING}HTTPIngressRuleValue`]: ',paths',
  [`${NETWORKING}HTTPIngressPath`]: ',path,backend,pathType',
  [`${NETWORKING}IngressBackend`]: ',,,resource,service',
  [`${NETWORKING}IngressServiceBackend`]: ',name,port',
  [`${NETWORKING}ServiceBackendPort`]: ',name,number',
  [`${RBAC}Role`]: ',metadata,rules',
  [`${RBAC}ClusterRole`]: ',metadata,rules,aggregationRule',
  [`${RBAC}AggregationRule`]: ',clusterRoleSelectors',
  [`${RBAC}PolicyRule`]: ',verbs,apiGroups,resources,resourceNames,nonResourceURLs',
  [`${RBAC}RoleBinding`]: ',metadata,subjects,roleRef',
  [`${RBAC}ClusterRoleBinding`]: ',metadata,subjects,roleRef',
  [`${RBAC}Subject`]: ',kind,apiGroup,name,namespace',
  [`${RBAC}RoleRef`]: ',apiGroup,kind,name',
  [`${POLICY}PodDisruptionBudget`]: OBJECT,
  [`${POLICY}PodDisruptionBudgetSpec`]: ',minAvailable,selector,maxUnavailable,unhealthyPodEvictionPolicy',
  [`${POLICY}Eviction`]: ',metadata,deleteOptions',
  'io.k8s.api.scheduling.v1.PriorityClass': ',metadata,value,globalDefault,description,preemptionPolicy',
  [`${SCALING}v1.HorizontalPodAutoscaler`]: OBJECT,
  [`${SCALING}v1.HorizontalPodAutoscalerSpec`]: ',scaleTargetRef,minReplicas,maxReplicas,targetCPUUtilizationPercentage',
  [`${SCALING}v1.CrossVersionObjectReference`]: ',kind,name,apiVersion',
  [`${SCALING}v2.HorizontalPodAutoscaler`]: OBJECT,
  [`${SCALING}v2.HorizontalPodAutoscalerSpec`]: ',scaleTargetRef,minReplicas,maxReplicas,metrics,behavior',
  [`${SCALING}v2.CrossVersionObjectReference`]: ',kind,name,apiVersion',
  [`${SCALING}v2.MetricSpec`]: ',type,object,pods,resource,external,,containerResource',
  [`${SCALING}v2.ResourceMetricSource`]: ',name,target',
  [`${SCALING}v2.MetricTarget`]: ',type,value,averageValue,averageUtilization',
  [`${AUTHORIZATION}SelfSubjectAccessReview`]: OBJECT,
  [`${AUTHORIZATION}SelfSubjectAccessReviewSpec`]: ',resourceAttributes,nonResourceAttributes',
  [`${AUTHORIZATION}SubjectAccessReview`]: OBJECT,
  [`${AUTHORIZATION}SubjectAccessReviewSpec`]: ',resourceAttributes,nonResourceAttributes,user,groups,extra,uid',
  [`${AUTHORIZATION}LocalSubjectAccessReview`]: OBJECT,
  [`${AUTHORIZATION}ResourceAttributes`]: ',namespace,verb,group,version,resource,subresource,name,fieldSelector,labelSelector',
  [`${AUTHORIZATION}NonResourceAttributes`]: ',path,verb',
  [`${AUTHORIZATION}SelfSubjectRulesReview`]: OBJECT,
  [`${AUTHORIZATION}SelfSubjectRulesReviewSpec`]: ',namespace',
  [`${AUTHENTICATION}SelfSubjectReview`]: ',metadata,status',
  [`${AUTHENTICATION}TokenRequest`]: OBJECT,
  [`${AUTHENTICATION}TokenRequestSpec`]: ',audiences,,boundObjectRef,expirationSeconds',
  [`${AUTHENTICATION}BoundObjectReference`]: ',kind,apiVersion,name,uid',
}

/** Numbers that Go keeps behind pointers: a zero there was said, elsewhere it is only the type's own. */
export const KEPT_ZEROS: readonly string[] = ['replicas', 'minReplicas', 'parallelism', 'completions', 'backoffLimit', 'gracePeriodSeconds', 'ttlSecondsAfterFinished', 'value', 'priority', 'startingDeadlineSeconds', 'terminationGracePeriodSeconds']
