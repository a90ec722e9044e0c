// The record for the sample of main.bicepparam.
using '../record.bicep'

param environmentName = 'sample'
param location = 'westeurope'
