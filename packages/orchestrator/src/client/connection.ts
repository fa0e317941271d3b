/** Where the cluster is and as whom to speak to it. Certificates and keys are PEM. */
export interface KubeConnection {
  /** `https://127.0.0.1:7644`, with a path prefix if the API is not at the root. */
  readonly server: string;
  readonly ca?: string | Buffer;
  readonly certificate?: string | Buffer;
  readonly key?: string | Buffer;
  readonly token?: string;
  /** Read again every minute, because projected tokens are rotated in place. */
  readonly tokenFile?: string;
  readonly tlsServerName?: string;
  readonly insecureSkipTlsVerify?: boolean;
  /** The namespace of the kubeconfig's context. The client itself never assumes one. */
  readonly namespace?: string;
  readonly userAgent?: string;
  /** Ask for gzip. By default only where the server is not this machine: compressing for loopback costs more than it saves. */
  readonly compress?: boolean;
}
