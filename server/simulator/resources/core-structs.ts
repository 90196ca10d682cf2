/**
 * The structs that the API server itself keeps pods, claims and volumes in, field by field in their order: what its
 * listings of differences are made of. `name:type`, where a type is `s`tring, `i`nteger, `b`oolean, `q`uantity, `x` (a
 * number or a name), a struct's name, one of these behind `*` (null when it is not set), in a list `[]` or in a map `{}`;
 * `@` puts the struct's fields in its place. `-` leaves a field out when it is empty.
 * Source: kubernetes v1.36 pkg/apis/core/types.go
 */
export const CORE_STRUCTS: { readonly [struct: string]: string } = {
  PodSpec:
    'Volumes:[]Volume InitContainers:[]Container Containers:[]Container EphemeralContainers:[]EphemeralContainer RestartPolicy:s TerminationGracePeriodSeconds:* ActiveDeadlineSeconds:* DNSPolicy:s NodeSelector:{} ServiceAccountName:s AutomountServiceAccountToken:* NodeName:s SecurityContext:*PodSecurityContext ImagePullSecrets:[]LocalObjectReference Hostname:s Subdomain:s SetHostnameAsFQDN:* Affinity:*Affinity SchedulerName:s Tolerations:[]Toleration HostAliases:[]HostAlias PriorityClassName:s Priority:* PreemptionPolicy:* DNSConfig:*PodDNSConfig ReadinessGates:[]PodReadinessGate RuntimeClassName:* Overhead:{} EnableServiceLinks:* TopologySpreadConstraints:[]TopologySpreadConstraint OS:*PodOS SchedulingGates:[]Named ResourceClaims:[]PodResourceClaim Resources:*ResourceRequirements HostnameOverride:* SchedulingGroup:*PodSchedulingGroup',
  PodSecurityContext:
    'HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:* HostUsers:* SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions RunAsUser:* RunAsGroup:* RunAsNonRoot:* SupplementalGroups:[] SupplementalGroupsPolicy:* FSGroup:* FSGroupChangePolicy:* Sysctls:[]NameValue SeccompProfile:*Profile AppArmorProfile:*Profile SELinuxChangePolicy:*',
  Container:
    'Name:s Image:s Command:[] Args:[] WorkingDir:s Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy RestartPolicy:* RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY:b',
  EphemeralContainer: '@:Container TargetContainerName:s',
  ContainerPort: 'Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s',
  ContainerResizePolicy: 'ResourceName:s RestartPolicy:s',
  ContainerRestartRule: 'Action:s ExitCodes:*ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'Operator:s Values:[]',
  EnvFromSource: 'Prefix:s ConfigMapRef:*OptionalName SecretRef:*OptionalName',
  EnvVar: 'Name:s Value:s ValueFrom:*EnvVarSource',
  EnvVarSource:
    'FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*KeySelector SecretKeyRef:*KeySelector FileKeyRef:*FileKeySelector',
  ObjectFieldSelector: 'APIVersion:s FieldPath:s',
  ResourceFieldSelector: 'ContainerName:s Resource:s Divisor:q',
  KeySelector: 'Name:s Key:s Optional:*',
  FileKeySelector: 'VolumeName:s Path:s Key:s Optional:*',
  OptionalName: 'Name:s Optional:*',
  LocalObjectReference: 'Name:s',
  Named: 'Name:s',
  NameValue: 'Name:s Value:s',
  ResourceRequirements: 'Limits:{} Requests:{} Claims:[]ResourceClaim',
  ResourceClaim: 'Name:s Request:s',
  VolumeMount: 'Name:s ReadOnly:b RecursiveReadOnly:* MountPath:s SubPath:s MountPropagation:* SubPathExpr:s',
  VolumeDevice: 'Name:s DevicePath:s',
  Probe:
    '@:ProbeHandler InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i SuccessThreshold:i FailureThreshold:i TerminationGracePeriodSeconds:*',
  ProbeHandler: 'Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction GRPC:*GRPCAction',
  Lifecycle: 'PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:*',
  LifecycleHandler: 'Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction Sleep:*SleepAction',
  ExecAction: 'Command:[]',
  HTTPGetAction: 'Path:s Port:x Host:s Scheme:s HTTPHeaders:[]NameValue',
  TCPSocketAction: 'Port:x Host:s',
  GRPCAction: 'Port:i Service:*',
  SleepAction: 'Seconds:i',
  SecurityContext:
    'Capabilities:*Capabilities Privileged:* SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions RunAsUser:* RunAsGroup:* RunAsNonRoot:* ReadOnlyRootFilesystem:* AllowPrivilegeEscalation:* ProcMount:* SeccompProfile:*Profile AppArmorProfile:*Profile',
  Capabilities: 'Add:[] Drop:[]',
  SELinuxOptions: 'User:s Role:s Type:s Level:s',
  WindowsOptions: 'GMSACredentialSpecName:* GMSACredentialSpec:* RunAsUserName:* HostProcess:*',
  Profile: 'Type:s LocalhostProfile:*',
  Toleration: 'Key:s Operator:s Value:s Effect:s TolerationSeconds:*',
  HostAlias: 'IP:s Hostnames:[]',
  PodDNSConfig: 'Nameservers:[] Searches:[] Options:[]PodDNSConfigOption',
  PodDNSConfigOption: 'Name:s Value:*',
  PodReadinessGate: 'ConditionType:s',
  PodOS: 'Name:s',
  PodResourceClaim: 'Name:s ResourceClaimName:* ResourceClaimTemplateName:*',
  PodSchedulingGroup: 'PodGroupName:*',
  Affinity: 'NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity',
  NodeAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm',
  NodeSelector: 'NodeSelectorTerms:[]NodeSelectorTerm',
  NodeSelectorTerm: 'MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement',
  NodeSelectorRequirement: 'Key:s Operator:s Values:[]',
  PreferredSchedulingTerm: 'Weight:i Preference:NodeSelectorTerm',
  PodAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm',
  WeightedPodAffinityTerm: 'Weight:i PodAffinityTerm:PodAffinityTerm',
  PodAffinityTerm:
    'LabelSelector:*LabelSelector Namespaces:[] TopologyKey:s NamespaceSelector:*LabelSelector MatchLabelKeys:[] MismatchLabelKeys:[]',
  TopologySpreadConstraint:
    'MaxSkew:i TopologyKey:s WhenUnsatisfiable:s LabelSelector:*LabelSelector MinDomains:* NodeAffinityPolicy:* NodeTaintsPolicy:* MatchLabelKeys:[]',
  LabelSelector: '-matchLabels:{} -matchExpressions:[]LabelSelectorRequirement',
  LabelSelectorRequirement: 'key:s operator:s -values:[]',
  Volume: 'Name:s @:VolumeSource',
  VolumeSource:
    'HostPath:*HostPathVolumeSource EmptyDir:*EmptyDirVolumeSource GCEPersistentDisk:* AWSElasticBlockStore:* GitRepo:*GitRepoVolumeSource Secret:*SecretVolumeSource NFS:*NFSVolumeSource ISCSI:* Glusterfs:* PersistentVolumeClaim:*PersistentVolumeClaimVolumeSource RBD:* Quobyte:* FlexVolume:* Cinder:* CephFS:* Flocker:* DownwardAPI:*DownwardAPIVolumeSource FC:* AzureFile:* ConfigMap:*ConfigMapVolumeSource VsphereVolume:* AzureDisk:* PhotonPersistentDisk:* Projected:*ProjectedVolumeSource PortworxVolume:* ScaleIO:* StorageOS:* CSI:*CSIVolumeSource Ephemeral:*EphemeralVolumeSource Image:*ImageVolumeSource',
  HostPathVolumeSource: 'Path:s Type:*',
  EmptyDirVolumeSource: 'Medium:s SizeLimit:*',
  GitRepoVolumeSource: 'Repository:s Revision:s Directory:s',
  SecretVolumeSource: 'SecretName:s Items:[]KeyToPath DefaultMode:* Optional:*',
  NFSVolumeSource: 'Server:s Path:s ReadOnly:b',
  PersistentVolumeClaimVolumeSource: 'ClaimName:s ReadOnly:b',
  DownwardAPIVolumeSource: 'Items:[]DownwardAPIVolumeFile DefaultMode:*',
  DownwardAPIVolumeFile: 'Path:s FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:*',
  ConfigMapVolumeSource: 'Name:s Items:[]KeyToPath DefaultMode:* Optional:*',
  KeyToPath: 'Key:s Path:s Mode:*',
  ProjectedVolumeSource: 'Sources:[]VolumeProjection DefaultMode:*',
  VolumeProjection:
    'Secret:*ProjectedKeys DownwardAPI:*DownwardAPIProjection ConfigMap:*ProjectedKeys ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:*ClusterTrustBundleProjection PodCertificate:*PodCertificateProjection',
  ProjectedKeys: 'Name:s Items:[]KeyToPath Optional:*',
  DownwardAPIProjection: 'Items:[]DownwardAPIVolumeFile',
  ServiceAccountTokenProjection: 'Audience:s ExpirationSeconds:i Path:s',
  ClusterTrustBundleProjection: 'Name:* SignerName:* LabelSelector:*LabelSelector Optional:* Path:s',
  PodCertificateProjection:
    'SignerName:s KeyType:s MaxExpirationSeconds:* CredentialBundlePath:s KeyPath:s CertificateChainPath:s UserAnnotations:{}',
  CSIVolumeSource: 'Driver:s ReadOnly:* FSType:* VolumeAttributes:{} NodePublishSecretRef:*LocalObjectReference',
  EphemeralVolumeSource: 'VolumeClaimTemplate:*',
  ImageVolumeSource: 'Reference:s PullPolicy:s',
  PersistentVolumeSource:
    'GCEPersistentDisk:* AWSElasticBlockStore:* HostPath:*HostPathVolumeSource Glusterfs:* NFS:*NFSVolumeSource RBD:* Quobyte:* ISCSI:* FlexVolume:* Cinder:* CephFS:* FC:* Flocker:* AzureFile:* VsphereVolume:* AzureDisk:* PhotonPersistentDisk:* PortworxVolume:* ScaleIO:* Local:*LocalVolumeSource StorageOS:* CSI:*CSIPersistentVolumeSource',
  LocalVolumeSource: 'Path:s FSType:*',
  CSIPersistentVolumeSource:
    'Driver:s VolumeHandle:s ReadOnly:b FSType:s VolumeAttributes:{} ControllerPublishSecretRef:*SecretReference NodeStageSecretRef:*SecretReference NodePublishSecretRef:*SecretReference ControllerExpandSecretRef:*SecretReference NodeExpandSecretRef:*SecretReference',
  SecretReference: 'Name:s Namespace:s',
  PersistentVolumeClaimSpec:
    'AccessModes:[] Selector:*LabelSelector Resources:VolumeResourceRequirements VolumeName:s StorageClassName:* VolumeMode:* DataSource:*TypedLocalObjectReference DataSourceRef:*TypedObjectReference VolumeAttributesClassName:*',
  VolumeResourceRequirements: 'Limits:{} Requests:{}',
  TypedLocalObjectReference: 'APIGroup:* Kind:s Name:s',
  TypedObjectReference: 'APIGroup:* Kind:s Name:s Namespace:*',
}
