-- Each worker process says here that it lives.
CREATE TABLE "worker" (
    "id" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "lastSeenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "worker_pkey" PRIMARY KEY ("id")
);

-- What tells this database's hints from another's on the same Redis.
ALTER TABLE "wechat_binding" ADD COLUMN "databaseId" UUID NOT NULL DEFAULT gen_random_uuid();

-- Ended sessions are found by when they ended: deleted after a while, in a table that each sign-in adds to.
CREATE INDEX "session_ended" ON "session" (LEAST("expiresAt", "revokedAt"));
