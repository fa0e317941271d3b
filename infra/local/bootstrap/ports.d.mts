export const portOffsets: Readonly<Record<string, number>>;
export function isPortFree(port: number, host?: string): Promise<boolean>;
export function findPortHolder(port: number): { pid: number; command: string } | undefined;
