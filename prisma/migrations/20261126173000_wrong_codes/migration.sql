-- Who guesses entry codes is locked out by a row, which a restart doesn't forget: one for each host who ever tried a code.
CREATE TABLE "wrong_codes" (
    "hostUserId" TEXT NOT NULL,
    "triedAt" TIMESTAMPTZ(3)[],
    "lockedUntil" TIMESTAMPTZ(3),
    "refusedCount" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "wrong_codes_pkey" PRIMARY KEY ("hostUserId"),
    CONSTRAINT "wrong_codes_tried_at" CHECK (cardinality("triedAt") <= 5)
);

ALTER TABLE "wrong_codes" ADD CONSTRAINT "wrong_codes_hostUserId_fkey" FOREIGN KEY ("hostUserId") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
