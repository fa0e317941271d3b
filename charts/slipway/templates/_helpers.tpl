{{- define "slipway.name" -}}
{{- if contains "slipway" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-slipway" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "slipway.selector" -}}
app.kubernetes.io/name: slipway
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "slipway.labels" -}}
{{ include "slipway.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "slipway.image" -}}
{{ printf "%s/%s:%s" .root.Values.image.repository .component (.root.Values.image.tag | default .root.Chart.AppVersion) }}
{{- end }}

{{- define "slipway.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "slipway.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end -}}
{{- end }}

{{- define "slipway.registryHost" -}}
{{- .Values.registry.host | default (urlParse .Values.apiUrl).host -}}
{{- end }}

{{/* A URL that may hold a password: from the given Secret, or from the chart's own. */}}
{{- define "slipway.urlFrom" -}}
{{- $source := index .root.Values .kind -}}
valueFrom:
  secretKeyRef:
{{- if $source.existingSecret.name }}
    name: {{ $source.existingSecret.name }}
    key: {{ $source.existingSecret.key }}
{{- else }}
    name: {{ include "slipway.name" .root }}-urls
    key: {{ .kind }}
{{- end }}
{{- end }}

{{/* A number that is set only where it is not 0. */}}
{{- define "slipway.number" -}}
{{- if index . 1 }}
- name: {{ index . 0 }}
  value: {{ index . 1 | int64 | quote }}
{{- end }}
{{- end }}

{{/* Environment that api and worker share; see the table in docs/architecture.md. */}}
{{- define "slipway.serverEnv" -}}
- name: SLIPWAY_BIND
  value: 0.0.0.0
- name: SLIPWAY_DATABASE_URL
  {{- include "slipway.urlFrom" (dict "root" . "kind" "database") | nindent 2 }}
- name: SLIPWAY_REDIS_URL
  {{- include "slipway.urlFrom" (dict "root" . "kind" "redis") | nindent 2 }}
- name: SLIPWAY_PORTAL_URL
  value: {{ .Values.portalUrl | quote }}
- name: SLIPWAY_API_URL
  value: {{ .Values.apiUrl | quote }}
{{- with .Values.issuer.url }}
- name: SLIPWAY_ISSUER_URL
  value: {{ . | quote }}
{{- end }}
{{- with .Values.prometheus.url }}
- name: SLIPWAY_PROMETHEUS_URL
  value: {{ . | quote }}
{{- end }}
- name: SLIPWAY_REGISTRY_URL
  value: {{ .Values.registry.url | quote }}
- name: SLIPWAY_REGISTRY_HOST
  value: {{ include "slipway.registryHost" . | quote }}
- name: SLIPWAY_REGISTRY_HOST_IN_CLUSTER
  value: {{ .Values.registry.hostInCluster | default (include "slipway.registryHost" .) | quote }}
- name: SLIPWAY_REGISTRY_TOKEN_KEY_FILE
  value: /etc/slipway/keys/registry-token.key
- name: SLIPWAY_MASTER_KEY_FILE
  value: /etc/slipway/keys/master.key
{{- if .Values.masterKeys.folder }}
- name: SLIPWAY_MASTER_KEY_DIR
  value: {{ if eq .Values.masterKeys.folder "volume" }}/var/lib/slipway/master-keys{{ else }}/etc/slipway/master-keys{{ end }}
{{- end }}
{{- with .Values.masterKeys.vault }}
{{- if .url }}
- name: SLIPWAY_VAULT_URL
  value: {{ .url | quote }}
- name: SLIPWAY_VAULT_TRANSIT_KEY
  value: {{ .transitKey | quote }}
- name: SLIPWAY_VAULT_TOKEN_FILE
  value: /etc/slipway/vault/token
{{- end }}
{{- end }}
{{- if .Values.audit.keySecret.name }}
- name: SLIPWAY_AUDIT_KEY_FILE
  value: /etc/slipway/audit/keys
{{- end }}
{{- include "slipway.number" (list "SLIPWAY_AUDIT_KEEP_DAYS" .Values.audit.keepDays) }}
{{- include "slipway.number" (list "SLIPWAY_AUDIT_MINIMUM_DAYS" .Values.audit.minimumDays) }}
{{- include "slipway.number" (list "SLIPWAY_AUDIT_CHECKPOINT_ROWS" .Values.audit.checkpointRows) }}
{{- include "slipway.number" (list "SLIPWAY_AUDIT_CHECKPOINT_SECONDS" .Values.audit.checkpointSeconds) }}
{{- include "slipway.number" (list "SLIPWAY_RATE_LIMIT_CLIENT" .Values.rateLimits.client) }}
{{- include "slipway.number" (list "SLIPWAY_RATE_LIMIT_TENANT" .Values.rateLimits.tenant) }}
- name: SLIPWAY_TENANT_REQUESTS
  value: {{ .Values.tenantRequests }}
{{- with .Values.outgoingAllow }}
- name: SLIPWAY_OUTGOING_ALLOW
  value: {{ . | quote }}
{{- end }}
{{- with .Values.mail.from }}
- name: SLIPWAY_MAIL_FROM
  value: {{ . | quote }}
{{- end }}
{{- with .Values.mail.smtpSecret }}
{{- if .name }}
- name: SLIPWAY_SMTP_URL
  valueFrom:
    secretKeyRef: { name: {{ .name }}, key: {{ .key }} }
{{- end }}
{{- end }}
{{- with .Values.pods.proxyEnv }}
- name: SLIPWAY_POD_PROXY_ENV
  value: {{ toJson . | quote }}
{{- end }}
{{- if .Values.pods.caConfigMap.name }}
- name: SLIPWAY_POD_CA_FILE
  value: /etc/slipway/pod-ca/ca.crt
{{- end }}
{{- if .Values.issuer.clientSecret.name }}
- name: SLIPWAY_ISSUER_CLIENT_SECRET_FILE
  value: /etc/slipway/issuer/client-secret
{{- end }}
- name: SLIPWAY_PORTAL_CLIENT_SECRET_FILE
  value: /etc/slipway/keys/portal-client
{{- if not .Values.issuer.url }}
- name: SLIPWAY_ISSUER_KEY_FILE
  value: /etc/slipway/keys/issuer.jwk.json
- name: SLIPWAY_BOOTSTRAP_ADMIN_FILE
  value: /etc/slipway/keys/admin.json
{{- end }}
- name: SLIPWAY_KUBECONFIG
  value: /etc/slipway/cluster/kubeconfig
- name: SLIPWAY_APPS_DOMAIN
  value: {{ .Values.appsDomain | quote }}
- name: SLIPWAY_GATEWAY_PORT
  value: {{ .Values.gateway.port | quote }}
- name: SLIPWAY_GATEWAY_TLS_PORT
  value: {{ .Values.gateway.tlsPort | quote }}
- name: SLIPWAY_DOMAIN_VERIFICATION
  value: {{ .Values.domains.verification }}
{{- with .Values.domains.dnsServers }}
- name: SLIPWAY_DNS_SERVERS
  value: {{ . | quote }}
{{- end }}
- name: SLIPWAY_GIT_DIR
  value: /var/lib/slipway/git
- name: SLIPWAY_UPLOADS_DIR
  value: /var/lib/slipway/uploads
- name: SLIPWAY_LOG_LEVEL
  value: {{ .Values.logLevel }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "slipway.serverMounts" -}}
- { name: keys, mountPath: /etc/slipway/keys, readOnly: true }
- { name: cluster, mountPath: /etc/slipway/cluster, readOnly: true }
- { name: data, mountPath: /var/lib/slipway }
- { name: tmp, mountPath: /tmp }
{{- range include "slipway.secretFiles" . | fromYamlArray }}
- { name: {{ .name }}, mountPath: /etc/slipway/{{ .name }}, readOnly: true }
{{- end }}
{{- end }}

{{/* Files beyond those of every installation: name of the volume, where from, the key in there and the file that it becomes. */}}
{{- define "slipway.secretFiles" -}}
{{- with .Values.masterKeys }}
{{- if eq .folder "secret" }}
- { name: master-keys, secret: {{ required "masterKeys.existingSecret: name the Secret of the master keys" .existingSecret }} }
{{- end }}
{{- if .vault.url }}
- { name: vault, secret: {{ required "masterKeys.vault.tokenSecret.name: name the Secret of Vault's token" .vault.tokenSecret.name }}, key: {{ .vault.tokenSecret.key }}, file: token }
{{- end }}
{{- end }}
{{- with .Values.audit.keySecret }}
{{- if .name }}
- { name: audit, secret: {{ .name }}, key: {{ .key }}, file: keys }
{{- end }}
{{- end }}
{{- with .Values.issuer.clientSecret }}
{{- if .name }}
- { name: issuer, secret: {{ .name }}, key: {{ .key }}, file: client-secret }
{{- end }}
{{- end }}
{{- with .Values.pods.caConfigMap }}
{{- if .name }}
- { name: pod-ca, configMap: {{ .name }}, key: {{ .key }}, file: ca.crt }
{{- end }}
{{- end }}
{{- end }}

{{- define "slipway.serverVolumes" -}}
- name: keys
  secret: { secretName: {{ .Values.keys.existingSecret }}, defaultMode: 0440 }
- name: cluster
{{- if .Values.cluster.kubeconfigSecret.name }}
  secret:
    secretName: {{ .Values.cluster.kubeconfigSecret.name }}
    defaultMode: 0440
    items: [{ key: {{ .Values.cluster.kubeconfigSecret.key }}, path: kubeconfig }]
{{- else }}
  configMap: { name: {{ include "slipway.name" . }}-cluster }
{{- end }}
- name: data
{{- if eq .Values.persistence.type "claim" }}
  persistentVolumeClaim: { claimName: {{ .Values.persistence.existingClaim | default (printf "%s-data" (include "slipway.name" .)) }} }
{{- else }}
  emptyDir: {}
{{- end }}
- name: tmp
  emptyDir: {}
{{- range include "slipway.secretFiles" . | fromYamlArray }}
- name: {{ .name }}
{{- if .configMap }}
  configMap:
    name: {{ .configMap }}
{{- else }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
{{- end }}
{{- if .key }}
    items: [{ key: {{ .key }}, path: {{ .file }} }]
{{- end }}
{{- end }}
{{- end }}

{{- define "slipway.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* What the pods of every component have in common. */}}
{{- define "slipway.podSpec" -}}
{{- $values := index .root.Values .component -}}
securityContext: {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
terminationGracePeriodSeconds: 35
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "slipway.selector" . | nindent 8 }}
{{- end }}
