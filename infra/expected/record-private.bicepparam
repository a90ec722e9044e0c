// The record for the sample of main-private.bicepparam, with its policies locked.
using '../record.bicep'

param environmentName = 'sample'
param location = 'westeurope'
param auditPoliciesLocked = true
param network = 'private'
param allowedAddresses = '203.0.113.7/32, 198.51.100.0/24'
