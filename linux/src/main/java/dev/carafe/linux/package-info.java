package dev.carafe.linux;
