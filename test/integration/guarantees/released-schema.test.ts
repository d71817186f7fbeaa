import {
  findBroken,
  findBrokenSinceRelease,
  judge,
  readCatalogue,
  readLastRelease,
} from '../../../scripts/released-schema.ts'
import { describe, expect, type Sql, test } from '../../harness/sql.ts'

const ROOM = `
  CREATE TYPE "View" AS ENUM ('SEA', 'YARD');
  CREATE TABLE room (number int PRIMARY KEY, name text NOT NULL, beds int, view "View" NOT NULL DEFAULT 'SEA', note text);
  CREATE UNIQUE INDEX room_name_key ON room (name) WHERE beds > 0;
  ALTER TABLE room ADD CONSTRAINT once EXCLUDE USING gist (number WITH =, int4range(beds, beds, '[]') WITH &&);
  CREATE FUNCTION beds_of(wanted text) RETURNS int LANGUAGE sql AS 'SELECT beds FROM room WHERE name = wanted';`

/** What of a table that was released is broken after a migration, which isn't kept. */
async function breaks(sql: Sql, migration: string): Promise<string[]> {
  const connection = await sql.connect()
  await connection.query(`BEGIN; ${ROOM}`)
  const released = await readCatalogue(connection.query)
  await connection.query(migration)
  const current = await readCatalogue(connection.query)
  await connection.query('ROLLBACK')
  return findBroken(released, current)
}

describe('while a release is rolled out', () => {
  test('processes of the last one find in the migrated database what they read and write', async ({ sql }) => {
    expect(await findBrokenSinceRelease(sql.url, readLastRelease())).toEqual([])
  })

  test.for([
    ['DROP TABLE room', ['the table room is gone']],
    ['ALTER TABLE room RENAME TO chamber', ['the table room is gone']],
    ['ALTER TABLE room DROP COLUMN note', ['the column room.note is gone']],
    ['ALTER TABLE room RENAME COLUMN note TO remark', ['the column room.note is gone']],
    ['ALTER TABLE room ALTER note TYPE varchar(9)', ['the column room.note is character varying(9), and was text']],
    ['ALTER TABLE room ALTER note SET NOT NULL', ['the column room.note is required, and could be NULL']],
    ['ALTER TABLE room ALTER view DROP NOT NULL', ['the column room.view can be NULL, and was required']],
    [
      'ALTER TABLE room ALTER view DROP DEFAULT',
      [`the column room.view is filled by nothing, and was by 'SEA'::"View"`],
    ],
    [
      'ALTER TABLE room ADD floor int NOT NULL',
      ['the column room.floor is new and required: give it a default, or let it be NULL'],
    ],
    [`ALTER TYPE "View" RENAME VALUE 'YARD' TO 'COURT'`, ['the value "View".YARD is gone']],
    ['DROP INDEX room_name_key', ['it is gone: UNIQUE INDEX ON public.room USING btree (name) WHERE (beds > 0)']],
    [
      'ALTER TABLE room ADD UNIQUE (note)',
      ['it is new, and a write can break it: UNIQUE INDEX ON public.room USING btree (note)'],
    ],
    ['ALTER TABLE room ADD CHECK (beds < 9)', ['it is new, and a write can break it: room CHECK ((beds < 9))']],
    [
      'ALTER TABLE room DROP CONSTRAINT once',
      [`it is gone: room EXCLUDE USING gist (number WITH =, int4range(beds, beds, '[]'::text) WITH &&)`],
    ],
    ['DROP FUNCTION beds_of', ['the function beds_of(wanted text) returning integer is gone']],
  ] as const)('they could not go on after %s', async ([migration, broken], { sql }) => {
    expect(await breaks(sql, migration)).toEqual(broken)
  })

  test('they go on after what only adds', async ({ sql }) => {
    const expansion = `
      CREATE TABLE guest (id int PRIMARY KEY, room int NOT NULL REFERENCES room, UNIQUE (room));
      ALTER TABLE room ADD floor int NOT NULL DEFAULT 0, ADD wing text UNIQUE, ADD UNIQUE (number, wing), ADD CHECK (wing <> '');
      ALTER TABLE room ALTER note SET DEFAULT '';
      ALTER TYPE "View" ADD VALUE 'FOREST';
      CREATE INDEX ON room (note);
      CREATE FUNCTION beds_of(wanted text, more int) RETURNS int LANGUAGE sql AS 'SELECT 1';`
    expect(await breaks(sql, expansion)).toEqual([])
  })

  test('what breaks nobody can be allowed, for as long as it is there', () => {
    const broken = ['the table room is gone', 'the column bed.name is gone']
    const allowed = { 'the table room is gone': 'read by no code of version 3', 'the table desk is gone': 'nor this' }
    expect(judge(broken, allowed)).toEqual([
      'the column bed.name is gone',
      'it is allowed for nothing: the table desk is gone',
    ])
  })
})
