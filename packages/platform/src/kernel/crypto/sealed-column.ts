import { Database, Prisma } from '../database/index.js';
import { Crypto } from './crypto.js';
import { SealedStore } from './sealed-store.js';

const batch = 100;

export interface SealedColumnPlace {
  readonly table: string;
  readonly id: string;
  readonly column: string;
}

/** A table with one sealed text a row, which is bound to the row's id. */
export abstract class SealedColumn extends SealedStore {
  protected abstract readonly place: SealedColumnPlace;

  constructor(
    private readonly database: Database,
    private readonly crypto: Crypto,
  ) {
    super();
  }

  protected abstract contextOf(id: string): string;

  async countByKey(): Promise<ReadonlyMap<string, number>> {
    const { table, column } = this.names();
    const rows = await this.database.read.$queryRaw<{ key: string; count: bigint }[]>`
      SELECT split_part(${column}, '.', 2) AS key, count(*) AS count FROM ${table} WHERE ${column} IS NOT NULL GROUP BY 1`;
    return new Map(rows.map(({ key, count }) => [key, Number(count)]));
  }

  rewrapSome(primary: string): Promise<number> {
    const { table, id, column } = this.names();
    return this.database.transaction(async (tx) => {
      const rows = await tx.$queryRaw<{ id: string; sealed: string }[]>`
        SELECT ${id} AS id, ${column} AS sealed FROM ${table} WHERE split_part(${column}, '.', 2) <> ${primary}
        ORDER BY 1 LIMIT ${batch} FOR UPDATE SKIP LOCKED`;
      for (const row of rows) {
        const sealed = this.crypto.rewrap(row.sealed, this.contextOf(row.id));
        await tx.$executeRaw`UPDATE ${table} SET ${column} = ${sealed} WHERE ${id} = ${row.id}::uuid`;
      }
      return rows.length;
    });
  }

  private names() {
    const name = (text: string) => Prisma.raw(`"${text}"`);
    return { table: name(this.place.table), id: name(this.place.id), column: name(this.place.column) };
  }
}
