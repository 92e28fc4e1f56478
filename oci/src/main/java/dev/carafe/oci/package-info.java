package dev.carafe.oci;
