/** For Prisma's command, which finds no `prisma/config` here: it is installed under another name (CONTRIBUTING.md). */
export default {
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'node prisma/seed.ts' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://127.0.0.1:5432/looklook' },
}
