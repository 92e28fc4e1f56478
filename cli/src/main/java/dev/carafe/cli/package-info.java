package dev.carafe.cli;
