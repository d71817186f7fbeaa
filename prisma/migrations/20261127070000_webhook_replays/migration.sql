-- What is replayed lets new events go first, however much it is.
ALTER TABLE "webhook_delivery" ADD COLUMN "replayed" BOOLEAN NOT NULL DEFAULT false;

DROP INDEX "webhook_delivery_due";
CREATE INDEX "webhook_delivery_due" ON "webhook_delivery" ("endpointId", "replayed", "nextTryAt") WHERE "status" = 'PENDING';
