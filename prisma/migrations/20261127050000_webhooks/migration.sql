-- Events of payments are sent to endpoints over HTTP: docs/events.md.
CREATE TABLE "webhook_endpoint" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "eventTypes" TEXT[],
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "disabledReason" TEXT,
    "secret" TEXT NOT NULL,
    "previousSecret" TEXT,
    "previousSecretUntil" TIMESTAMPTZ(3),
    "failingSince" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "webhook_endpoint_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "webhook_endpoint_previous_secret" CHECK (("previousSecret" IS NULL) = ("previousSecretUntil" IS NULL))
);

CREATE TYPE "WebhookDeliveryStatus" AS ENUM ('PENDING', 'DELIVERED', 'FAILED');

CREATE TABLE "webhook_delivery" (
    "endpointId" TEXT NOT NULL,
    "paymentSn" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "status" "WebhookDeliveryStatus" NOT NULL DEFAULT 'PENDING',
    "tries" INTEGER NOT NULL DEFAULT 0,
    "nextTryAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "claimedUntil" TIMESTAMPTZ(3),
    "lastAnswer" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("endpointId","paymentSn","version"),
    CONSTRAINT "webhook_delivery_ended" CHECK (("status" = 'PENDING') = ("endedAt" IS NULL))
);

ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_endpointId_fkey" FOREIGN KEY ("endpointId") REFERENCES "webhook_endpoint"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What is due at an endpoint, what is in flight, what has failed, and what has ended long ago.
CREATE INDEX "webhook_delivery_due" ON "webhook_delivery" ("endpointId", "nextTryAt") WHERE "status" = 'PENDING';
CREATE INDEX "webhook_delivery_in_flight" ON "webhook_delivery" ("endpointId", "claimedUntil") WHERE "claimedUntil" IS NOT NULL;
CREATE INDEX "webhook_delivery_failed" ON "webhook_delivery" ("endpointId", "endedAt") WHERE "status" = 'FAILED';
CREATE INDEX "webhook_delivery_past" ON "webhook_delivery" ("endedAt") WHERE "endedAt" IS NOT NULL;

ALTER TABLE "webhook_delivery" SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.02);
