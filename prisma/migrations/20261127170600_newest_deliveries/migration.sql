-- CreateIndex
CREATE INDEX "webhook_delivery_endpointId_status_createdAt_idx" ON "webhook_delivery"("endpointId", "status", "createdAt");
